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
