# ruff: noqa
"""Starting, stopping and watching processes; staying behind."""


# %% fork: refused
def attack(there):
    if os.fork() == 0:
        time.sleep(600)


# %% double_fork_into_a_daemon: refused
def attack(there):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            time.sleep(600)
        os._exit(0)


# %% fork_bomb: harmless
def attack(there):
    for _ in range(1000):
        try:
            os.fork()
        except OSError:
            continue


# %% vfork: refused
def attack(there):
    system_call((58, 220), 0x4111, 0, 0, 0, 0)


# %% clone3: refused
def attack(there):
    arguments = struct.pack("Q" * 8, 0, 0, 0, 0, 17, 0, 0, 0)
    if system_call((435, 435), arguments, len(arguments)) == 0:
        os._exit(0)


# %% start_a_thread: refused
def attack(there):
    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


# %% a_pool_of_threads: refused
def attack(there):
    from concurrent.futures import ThreadPoolExecutor

    ThreadPoolExecutor().submit(int).result(1)


# %% a_pool_of_processes: refused
def attack(there):
    import multiprocessing

    multiprocessing.Pool(2).map(int, [1])


# %% run_a_command: refused
def attack(there):
    return "LEAK" + subprocess.check_output(["/bin/echo", "harm"]).decode()


# %% run_a_shell: harmless
def attack(there):
    return "LEAK" if os.system("exit 0") == 0 else ""


# %% become_another_program: refused
def attack(there):
    os.execv("/bin/sleep", ["sleep", "600"])


# %% become_a_program_in_memory: refused
def attack(there):
    system_call((322, 281), 1, b"", 0, 0, 0x1000)


# %% spawn: refused
def attack(there):
    os.posix_spawn("/bin/sleep", ["sleep", "600"], {})


# %% kill_the_grader: refused
def attack(there):
    os.kill(there["pid"], signal.SIGKILL)


# %% kill_the_zygote: refused
def attack(there):
    os.kill(os.getppid(), signal.SIGKILL)


# %% stop_the_zygote: refused
def attack(there):
    os.kill(os.getppid(), signal.SIGSTOP)


# %% kill_everybody: harmless
def attack(there):
    try:
        os.kill(-1, signal.SIGTERM)
        os.killpg(0, signal.SIGKILL)
    except OSError:
        return ""


# %% signal_a_sibling_by_tgkill: refused
def attack(there):
    for pid in range(2, 5000):
        if pid != os.getpid():
            system_call((234, 131), pid, pid, 9)


# %% signal_by_pidfd: refused
def attack(there):
    signal.pidfd_send_signal(os.pidfd_open(os.getppid()), signal.SIGKILL)


# %% kill_itself: memory
def attack(there):
    system_call((234, 131), os.getpid(), os.getpid(), 9)


# %% stop_itself: timeout
def attack(there):
    system_call((234, 131), os.getpid(), os.getpid(), 19)


# %% trace_the_zygote: refused
def attack(there):
    system_call((101, 117), 16, os.getppid(), 0, 0)


# %% be_traced: refused
def attack(there):
    system_call((101, 117), 0, 0, 0, 0)


# %% outlive_the_grader: refused
def attack(there):
    if libc.prctl(1, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno())


# %% take_a_namespace: refused
def attack(there):
    system_call((272, 97), 0x10000000)


# %% become_root: refused
def attack(there):
    os.setuid(0)


# %% lower_everybodys_priority: refused
def attack(there):
    os.setpriority(os.PRIO_USER, 0, 19)


# %% set_an_alarm_for_later: refused
def attack(there):
    signal.setitimer(signal.ITIMER_REAL, 0.01)


# %% register_a_farewell: harmless
def attack(there):
    import atexit

    atexit.register(lambda: os.write(3, b"harm" * 1000))


# %% load_another_filter: refused
def attack(there):
    system_call((317, 277), 1, 0, 0)


# %% use_the_32_bit_door: crash
def attack(there):
    if COLUMN:
        system_call((0, 131), os.getpid(), os.getpid(), 9)
    libc.syscall(ctypes.c_long(0x40000000 + 57))


# %% make_code_at_run_time: refused
def attack(there):
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


# %% make_its_memory_executable: refused
def attack(there):
    page = mmap.mmap(-1, 4096)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    system_call((10, 226), address, 4096, 7)


# %% try_every_system_call: harmless
def attack(there):
    # The numbers that are allowed on x86_64 and aarch64, some for harmless arguments only.
    x86 = (0, 1, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 28, 35, 39, 60, 63, 72, 79, 96, 97)
    x86 += (98, 100, 102, 104, 107, 108, 110, 131, 186, 201, 202, 204, 219, 228, 229, 230, 231)
    x86 += (234, 302, 309, 318)
    x86 += (335, 336)  # for probes of the kernel's own: no filter sees them, and a caller dies
    arm = (25, 57, 62, 63, 64, 79, 80, 93, 94, 98, 101, 113, 114, 115, 123, 124, 128, 131, 132)
    arm += (134, 135, 139, 153, 160, 163, 165, 168, 169, 172, 173, 174, 175, 176, 177, 178, 214)
    arm += (215, 216, 222, 226, 233, 261, 278)
    passed = []
    for number in set(range(1000)) - set((x86, arm)[COLUMN]):
        ctypes.set_errno(0)
        result = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(-1)] * 6)
        if result != -1 or ctypes.get_errno() not in (1, 38):
            passed.append(number)
    return f"LEAK {passed}" if passed else "refused"


# %% advise_losing_memory: refused
def attack(there):
    page = mmap.mmap(-1, 1 << 16)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    for advice in (100, 101):  # declare the page broken, take it out of use
        system_call((28, 233), address, 1 << 16, advice)
    raise SystemExit


# %% map_its_output_and_write: harmless
def attack(there):
    libc.mmap.restype = ctypes.c_void_p
    address = libc.mmap(None, ctypes.c_size_t(1 << 20), 3, 1, 1, ctypes.c_long(0))
    if address not in (None, ctypes.c_void_p(-1).value):
        ctypes.memset(address, 65, 1 << 20)


# %% grow_the_stack_into_something_executable: refused
def attack(there):
    page = mmap.mmap(-1, 1 << 16)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    system_call((10, 226), address, 1 << 16, 0x01000000 | 7)
