# ruff: noqa
"""Leaving something for the next submission, or finding what another left.

Each program runs twice, as two submissions one after the other: the second must not see the first.
"""


# %% leave_it_in_a_module: alone
def attack(there):
    seen = getattr(np, "left", None) or getattr(sys, "left", None)
    np.left = sys.left = there["token"]
    return "LEAK" if seen else ""


# %% leave_it_in_the_environment: alone
def attack(there):
    seen = os.environ.get("left")
    os.environ["left"] = "1"
    return "LEAK" if seen else ""


# %% leave_it_in_a_type: alone
def attack(there):
    gc.unfreeze()
    seen = "left_4711" in OSError.__dict__ or any(
        "left_4711" in d for d in gc.get_objects() if type(d) is dict
    )
    try:
        OSError.left_4711 = 1
    except TypeError:
        gc.get_referents(OSError.__dict__)[0]["left_4711"] = 1
    return "LEAK" if seen else ""


# %% leave_it_in_a_file: alone
def attack(there):
    for folder in ("/tmp", "/dev/shm", "/var/tmp", there["folder"], "."):
        try:
            if os.path.exists(folder + "/left"):
                return "LEAK"
            open(folder + "/left", "w").close()
        except OSError:
            continue
    return ""


# %% leave_it_in_the_random_state: alone
def attack(there):
    return "LEAK" if np.random.get_state()[1][:3].tolist() == [1, 2, 3] else ""


# %% leave_it_in_shared_memory: alone
def attack(there):
    try:
        system_call((29, 194), 4242, 4096, 0o1666)
    except OSError:
        return ""
    return "LEAK"


# %% leave_it_in_the_key_ring: alone
def attack(there):
    try:
        system_call((248, 217), b"user\0", b"left\0", b"1", 1, -4)
    except OSError:
        return ""
    return "LEAK"


# %% leave_it_in_a_descriptor: alone
def attack(there):
    seen = os.lseek(1, 0, os.SEEK_END) > 1000
    os.write(1, b"x" * 2000)
    return "LEAK" if seen and there["first"] is False and os.lseek(1, 0, 1) > 4000 else ""


# %% leave_it_in_the_line_cache: alone
def attack(there):
    import linecache

    seen = "left" in linecache.cache
    linecache.cache["left"] = (1, None, ["x"], "left")
    return "LEAK" if seen else ""


# %% leave_a_process: alone
def attack(there):
    try:
        if os.fork() == 0:
            time.sleep(600)
    except OSError:
        return ""
    return "LEAK"


# %% watch_for_the_next: alone
def attack(there):
    try:
        return "LEAK" + str(os.listdir(f"/proc/{os.getppid()}/task"))
    except OSError:
        return ""
