# ruff: noqa
"""Speaking to the grader out of turn, too much, or nonsense."""


# %% write_noise: protocol
def attack(there):
    os.write(3, b"\xde\xad\xbe\xef" * 100)


# %% announce_four_gigabytes: protocol
def attack(there):
    os.write(3, b"\xff\xff\xff\xff")
    time.sleep(5)


# %% announce_and_stall: timeout
def attack(there):
    os.write(3, struct.pack("<I", 1000) + b"x")
    time.sleep(1e6)


# %% drip: timeout
def attack(there):
    os.write(3, struct.pack("<I", 100000))
    while True:
        os.write(3, b"x")
        time.sleep(0.05)


# %% send_an_empty_frame: protocol
def attack(there):
    os.write(3, struct.pack("<I", 0))


# %% send_a_flood: protocol
def attack(there):
    while True:
        os.write(3, bytes(1 << 16))


# %% forge_an_answer_without_the_nonce: protocol
def attack(there):
    body = b"\x9a\xa7outcome\xc4\x10" + bytes(16) + b"\x00\x01\xc0\x90\x80\x90\x80\x80"
    os.write(3, struct.pack("<I", len(body)) + body)


# %% find_the_nonce_and_answer_twice: protocol or wrong
def attack(there):
    nonce = None
    for frame in frames():
        request = frame.f_locals.get("request")
        nonce = getattr(request, "nonce", nonce)
    body = b"\x9a\xa7outcome\xc4\x10" + nonce + b"\x00\xcb" + struct.pack(">d", 42.0)
    body += b"\xc0\x90\x80\x90\x80\x80"
    os.write(3, 2 * (struct.pack("<I", len(body)) + body))


# %% a_million_empty_lists: protocol
def attack(there):
    body = b"\xdd" + struct.pack(">I", 1 << 20) + b"\x90" * (1 << 20)
    os.write(3, struct.pack("<I", len(body)) + body)


# %% a_million_levels: protocol
def attack(there):
    body = b"\x91" * (1 << 20) + b"\xc0"
    os.write(3, struct.pack("<I", len(body)) + body)


# %% a_list_longer_than_the_frame: protocol
def attack(there):
    body = b"\xdd\xff\xff\xff\xff"
    os.write(3, struct.pack("<I", len(body)) + body)


# %% a_pickle: protocol
def attack(there):
    import pickle

    class Bomb:
        def __reduce__(self):
            return os.system, ("touch " + there["folder"] + "/harm",)

    body = pickle.dumps(Bomb())
    os.write(3, struct.pack("<I", len(body)) + body)


# %% an_extension_type: protocol
def attack(there):
    body = b"\xd6\xff" + bytes(4)
    os.write(3, struct.pack("<I", len(body)) + body)


# %% close_the_connection: protocol
def attack(there):
    os.close(3)


# %% close_everything: protocol or crash
def attack(there):
    os.closerange(0, 100)


# %% put_another_file_in_its_place: refused
def attack(there):
    os.dup2(1, 3)


# %% swallow_the_next_request: timeout
def attack(there):
    os.read(3, 1 << 20)


# %% patch_the_packer: harmless
def attack(there):
    for frame in frames():
        for space in (frame.f_globals,):
            if "pack_outcome" in space:
                space["pack_outcome"] = lambda *_: 1 / 0


# %% patch_the_sender: protocol or exit or exception or wrong
def attack(there):
    for frame in frames():
        owner = frame.f_locals.get("self")
        if hasattr(owner, "_send"):
            owner._send = lambda message: os.write(3, b"mine")


# %% patch_the_judge_of_failures: wrong or protocol
def attack(there):
    for frame in frames():
        for name in ("describe", "snapshot", "same", "execute"):
            if name in frame.f_globals:
                frame.f_globals[name] = lambda *_, **__: 42.0
    raise ValueError("mine")


# %% look_for_later_calls: harmless
def attack(there):
    found = []
    for frame in frames():
        found += [k for k in frame.f_locals if "expect" in k or "secret" in k or "answer" in k]
    return "LEAK" if found else ""


# %% raise_through_the_interpreter: exception or protocol or exit
def attack(there):
    class Stop(BaseException):
        pass

    def trace(frame, event, argument):
        raise Stop

    for frame in frames():
        frame.f_trace = trace
    sys.settrace(trace)
    return 1


# %% keep_a_profiler_running: harmless
def attack(there):
    def profile(frame, event, argument):
        if frame.f_code.co_name == "pack_outcome":
            raise SystemExit

    sys.setprofile(profile)


# %% hang_in_a_farewell: harmless
def attack(there):
    class Late:
        def __del__(self):
            end = time.time() + 0.2
            while time.time() < end:
                pass

    globals()["late"] = Late()
    return 1


# %% hang_for_ever_in_a_farewell: harmless
def attack(there):
    class Late:
        def __del__(self):
            while True:
                pass

    globals()["late"] = Late()
    return 1


# %% crash_in_a_farewell: harmless
def attack(there):
    class Late:
        def __del__(self):
            os.abort()

    globals()["late"] = Late()
    return 1


# %% let_the_fault_handler_speak: protocol or crash
def attack(there):
    import faulthandler

    faulthandler.enable(file=3)
    ctypes.string_at(0)


# %% let_signals_speak: harmless
def attack(there):
    import warnings

    try:
        signal.set_wakeup_fd(3, warn_on_full_buffer=False)
    except (OSError, ValueError):
        return "refused"
    signal.signal(signal.SIGABRT, lambda *_: None)
    libc.syscall(ctypes.c_long((234, 131)[COLUMN]), os.getpid(), os.getpid(), int(signal.SIGABRT))
    signal.set_wakeup_fd(-1)
    return 1.0


# %% judge_its_own_end: protocol or wrong
def attack(there):
    for thing in gc.get_objects():
        if type(thing).__name__ == "Child":
            wire = type(thing)._send.__globals__["wire"]
            usual = wire.frame

            def frame(message):
                if getattr(message, "failure", None) is not None:
                    message.failure.kind, message.failure.message = "timeout", "mine"
                return usual(message)

            wire.frame = frame
    raise ValueError("mine")


# %% answer_for_the_calls_to_come: protocol or wrong
def attack(there):
    nonce = b""
    for frame in frames():
        nonce = getattr(frame.f_locals.get("request"), "nonce", nonce)
    for index in range(1000):
        body = b"\x9a\xa7outcome\xc4\x10" + nonce + b"\xcd" + struct.pack(">H", index)
        body += b"\xcb" + struct.pack(">d", 1.0) + b"\xc0\x90\x80\x90\x80\x80"
        os.write(3, struct.pack("<I", len(body)) + body)


# %% say_done_before_it_is: protocol or wrong
def attack(there):
    nonce = b""
    for frame in frames():
        nonce = getattr(frame.f_locals.get("request"), "nonce", nonce)
    body = b"\x93\xa4done\xc4\x10" + nonce + b"\xc3"
    os.write(3, struct.pack("<I", len(body)) + body)


# %% change_the_class_of_what_is_sent: harmless
def attack(there):
    for thing in gc.get_objects():
        if type(thing).__name__ == "Child":
            wire = type(thing)._send.__globals__["wire"]
            wire.WireOutcome, wire.WireFailure = wire.WireFailure, wire.WireOutcome
    return 1.0
