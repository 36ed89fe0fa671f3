# ruff: noqa
"""Writing, deleting and changing what is not the student's."""


# %% write_the_bait: refused
def attack(there):
    open(there["file"], "w").write("harm")


# %% append_to_it_with_numpy: refused
def attack(there):
    with open(there["file"], "ab") as file:
        np.ones(3).tofile(file)


# %% save_beside_it: refused
def attack(there):
    np.save(there["folder"] + "/saved.npy", np.ones(3))


# %% truncate_by_opening_read_only: refused
def attack(there):
    os.open(there["file"], os.O_RDONLY | os.O_TRUNC)


# %% truncate_it: refused
def attack(there):
    os.truncate(there["file"], 0)


# %% delete_it: refused
def attack(there):
    os.remove(there["file"])


# %% rename_it: refused
def attack(there):
    os.rename(there["file"], there["file"] + ".old")


# %% link_to_it: refused
def attack(there):
    os.symlink(there["file"], there["folder"] + "/link")


# %% hard_link_to_it: refused
def attack(there):
    os.link(there["file"], there["folder"] + "/hard")


# %% make_a_deep_folder: exception
def attack(there):
    os.makedirs("/tmp/" + "/".join(["d"] * 3000))


# %% make_a_named_pipe: refused
def attack(there):
    os.mkfifo(there["folder"] + "/pipe")


# %% change_its_mode: refused
def attack(there):
    os.chmod(there["file"], 0o000)


# %% change_its_times: refused
def attack(there):
    os.utime(there["file"], (0, 0))


# %% label_it: refused
def attack(there):
    os.setxattr(there["file"], "user.harm", b"1")


# %% label_its_own_output: refused
def attack(there):
    os.setxattr(1, "user.harm", b"1")


# %% use_a_temporary_file: refused
def attack(there):
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(b"harm")


# %% use_shared_memory: refused
def attack(there):
    from multiprocessing import shared_memory

    shared_memory.SharedMemory("left_for_the_next", create=True, size=100)


# %% use_a_message_queue: refused
def attack(there):
    system_call((68, 186), 4242, 0o1666)


# %% use_a_semaphore: refused
def attack(there):
    system_call((64, 190), 4242, 1, 0o1666)


# %% write_into_a_device: refused
def attack(there):
    os.write(os.open("/dev/tty", os.O_WRONLY), b"harm")


# %% grow_its_output_file: refused
def attack(there):
    os.ftruncate(1, 1 << 30)


# %% seal_its_output_file: refused
def attack(there):
    import fcntl

    fcntl.fcntl(1, 1033, 0xF)


# %% write_far_into_its_output_file: refused
def attack(there):
    os.lseek(1, 1 << 40, os.SEEK_SET)
    os.write(1, b"harm")


# %% make_a_hidden_file_in_memory: refused
def attack(there):
    os.memfd_create("hidden")


# %% mount_something: refused
def attack(there):
    system_call((165, 40), b"none", b"/tmp", b"tmpfs", 0, 0)


# %% change_the_root: refused
def attack(there):
    os.chroot("/tmp")
