# ruff: noqa
"""Using up time, memory, output and whatever else there is."""


# %% loop_for_ever: timeout
def attack(there):
    while True:
        pass


# %% sleep_for_ever: timeout
def attack(there):
    time.sleep(1e6)


# %% loop_and_ignore_every_exception: timeout
def attack(there):
    while True:
        try:
            time.sleep(1)
        except BaseException:
            continue


# %% loop_inside_the_c_library: timeout
def attack(there):
    return (
        10**10**8 and np.prod(np.ones(10**3)) and (b"a" * 10**6).count(b"b") or "a" * 10**7 in "b"
    )


# %% loop_in_a_regular_expression: timeout
def attack(there):
    import re

    re.match("(a+)+$", "a" * 60 + "b")


# %% ignore_all_signals_and_loop: timeout
def attack(there):
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            continue
    while True:
        pass


# %% one_huge_array: memory
def attack(there):
    return np.ones(1 << 36)


# %% many_arrays: memory
def attack(there):
    kept = []
    while True:
        kept.append(np.ones(1 << 17))


# %% memory_outside_python: memory
def attack(there):
    kept = []
    while True:
        kept.append(mmap.mmap(-1, 1 << 24))
        if len(kept) > 4096:
            return "LEAK"


# %% catch_the_memory_error_and_go_on: timeout or memory or crash
def attack(there):
    kept = []
    while True:
        try:
            kept.append(bytearray(1 << 20))
        except MemoryError:
            kept.append(None)


# %% hoard_and_live_on: harmless
def attack(there):
    global kept
    kept = []
    try:
        while True:
            kept.append(bytearray(1 << 20))
    except MemoryError:
        return 1


# %% a_large_power: memory or timeout or crash
def attack(there):
    return 1 << (1 << 60)


# %% a_deep_recursion: exception
def attack(there):
    return attack(there)


# %% a_recursion_without_limit: crash or memory or exception
def attack(there):
    sys.setrecursionlimit(10**9)

    class Deep:
        def __repr__(self):
            return repr(self)

    return repr(Deep())


# %% flood_the_output: harmless
def attack(there):
    for _ in range(20000):
        print("x" * 1000)


# %% flood_the_output_by_descriptor: harmless
def attack(there):
    try:
        while True:
            os.write(1, b"x" * 65536)
    except OSError:
        return 1


# %% flood_the_warnings: harmless
def attack(there):
    import warnings

    for i in range(20000):
        warnings.warn(f"{i} " + "x" * 1000)


# %% one_endless_line: harmless
def attack(there):
    print("x" * (1 << 26))


# %% open_every_descriptor: harmless
def attack(there):
    for _ in range(100):
        try:
            os.dup(1)
        except OSError:
            return 1


# %% lock_its_memory: refused
def attack(there):
    system_call((149, 228), id(there) & ~4095, 4096)


# %% raise_its_limits: refused
def attack(there):
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (-1, -1))


# %% abort: crash
def attack(there):
    os.abort()


# %% read_address_zero: crash
def attack(there):
    ctypes.string_at(0)


# %% call_a_wild_address: crash
def attack(there):
    ctypes.CFUNCTYPE(None)(1)()


# %% overwrite_none: crash or exception or timeout or protocol or wrong
def attack(there):
    ctypes.memset(id(None), 0xFF, 16)


# %% exit: exit
def attack(there):
    sys.exit(0)


# %% exit_at_once: exit
def attack(there):
    os._exit(0)


# %% exit_from_inside_numpy: exit
def attack(there):
    np.vectorize(lambda x: os._exit(7))(np.ones(2))


# %% interrupt: exception
def attack(there):
    raise KeyboardInterrupt


# %% an_exception_of_its_own_base: exception
def attack(there):
    class Odd(BaseException):
        def __str__(self):
            raise Odd

        __repr__ = __str__

    raise Odd


# %% an_exception_that_never_ends: timeout
def attack(there):
    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    raise Endless


# %% a_name_that_is_no_name: exception or exit
def attack(there):
    class Meta(type):
        @property
        def __name__(cls):
            raise SystemExit

    class Odd(Exception, metaclass=Meta):
        pass

    raise Odd


# %% a_chain_of_a_million_causes: exception or timeout or memory or crash
def attack(there):
    error = None
    for _ in range(200000):
        new = ValueError("x")
        new.__cause__, error = error, new
    raise error


# %% a_bit_more_memory_than_allowed: memory
def attack(there):
    return len(bytearray(400 << 20))


# %% an_integer_without_end: memory or timeout or exception or crash
def attack(there):
    sys.set_int_max_str_digits(0)
    return len(str(7 ** (1 << 26)))


# %% a_text_padded_to_the_horizon: memory or exception
def attack(there):
    return f"{1:>{1 << 40}}"


# %% a_formula_for_the_parser: exception or crash or memory
def attack(there):
    return eval("(" * 200_000 + ")" * 200_000)


# %% an_eigenvalue_too_many: timeout or memory
def attack(there):
    while True:
        np.linalg.eigvals(np.random.rand(600, 600))


# %% garbage_that_raises: harmless
def attack(there):
    class Rubbish:
        def __del__(self):
            sys.exit(3)

    for _ in range(1000):
        ring = [Rubbish()]
        ring.append(ring)
    gc.callbacks.append(lambda *_: sys.exit(3))
    return 1.0
