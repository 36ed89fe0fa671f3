# ruff: noqa
"""Reading what is not the student's: answers, classmates, the system."""


# %% open_the_bait: refused
def attack(there):
    return open(there["file"]).read()


# %% open_it_by_the_raw_call: refused
def attack(there):
    fd = system_call((257, 56), -100, there["file"].encode(), 0, 0)
    return os.read(fd, 100)


# %% open_it_by_openat2: refused
def attack(there):
    how = struct.pack("QQQ", 0, 0, 0)
    fd = system_call((437, 437), -100, there["file"].encode(), how, len(how))
    return os.read(fd, 100)


# %% load_it_with_numpy: refused
def attack(there):
    return np.fromfile(there["file"], dtype=np.uint8)


# %% load_it_with_loadtxt: refused
def attack(there):
    return np.loadtxt(there["file"], dtype=str).tolist()


# %% map_it_with_memmap: refused
def attack(there):
    return bytes(np.memmap(there["file"], mode="r"))


# %% import_it: harmless
def attack(there):
    sys.path.insert(0, there["folder"])
    sys.path_hooks.append(__import__("zipimport").zipimporter)
    import answers

    return str(answers.__dict__.get("SECRET"))


# %% restore_the_usual_importers: harmless
def attack(there):
    import importlib.machinery as m

    sys.meta_path.insert(0, m.PathFinder)
    sys.path_hooks.append(m.FileFinder.path_hook((m.SourceFileLoader, [".py"])))
    sys.path.insert(0, there["folder"])
    import answers

    return str(answers.__dict__.get("SECRET"))


# %% see_that_it_exists: refused
def attack(there):
    os.stat(there["file"])
    return "LEAK"


# %% see_that_it_exists_by_access: harmless
def attack(there):
    return "LEAK" if os.access(there["file"], os.F_OK) or os.path.exists(there["file"]) else ""


# %% see_that_it_exists_by_statx: refused
def attack(there):
    system_call(
        (332, 291), -100, there["file"].encode(), 0, 0x7FF, ctypes.create_string_buffer(256)
    )
    return "LEAK"


# %% read_a_link: refused
def attack(there):
    return "LEAK" + os.readlink("/proc/self/exe")


# %% list_the_folder: refused
def attack(there):
    return "LEAK" + str(os.listdir(there["folder"]))


# %% change_into_the_folder: refused
def attack(there):
    os.chdir(there["folder"])
    return "LEAK"


# %% read_the_system_accounts: refused
def attack(there):
    return "LEAK" + open("/etc/passwd").read()


# %% read_the_environment_of_the_grader: refused
def attack(there):
    return open(f"/proc/{there['pid']}/environ").read()


# %% read_own_environment: harmless
def attack(there):
    return dict(os.environ) and "LEAK"


# %% read_the_environment_in_memory: harmless
def attack(there):
    pointer = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
    found, i = [], 0
    while pointer and pointer[i]:
        found.append(pointer[i])
        i += 1
    return b" ".join(found).decode()


# %% read_the_memory_of_the_grader: refused
def attack(there):
    return open(f"/proc/{there['pid']}/mem", "rb").read(10)


# %% read_the_memory_of_the_grader_by_call: refused
def attack(there):
    buffer = ctypes.create_string_buffer(16)
    local = struct.pack("PN", ctypes.addressof(buffer), 16)
    return "LEAK" + str(system_call((310, 270), there["pid"], local, 1, local, 1, 0))


# %% list_the_processes: refused
def attack(there):
    return "LEAK" + str(os.listdir("/proc"))


# %% search_all_objects_for_the_secret: harmless
def attack(there):
    gc.unfreeze()
    words = [o for o in gc.get_objects() if isinstance(o, dict)]
    return [
        str(v) for d in words for v in list(d.values()) if isinstance(v, str) and "SECRET" in v
    ][:20]


# %% open_by_handle: refused
def attack(there):
    handle = struct.pack("Ii", 8, 1) + bytes(8)
    system_call((304, 265), -100, handle, 0)
    return "LEAK"


# %% watch_the_folder: refused
def attack(there):
    system_call((254, 27), system_call((294, 26), 0), there["folder"].encode(), 0xFFF)
    return "LEAK"


# %% use_the_descriptors_that_are_open: harmless
def attack(there):
    found = []
    for fd in range(0, 256):
        if fd not in (0, 1, 2, 3):
            try:
                found.append(os.fstat(fd).st_ino)
            except OSError:
                continue
    return "LEAK" if found else ""
