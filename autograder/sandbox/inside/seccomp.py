"""A seccomp filter written as plain BPF: a short list of system calls is allowed, no more.

Nothing that takes a path is on the list, so student code can't open, list or even see a file: all
that it may import was read into memory before (see `library`). The program is made once, in the
zygote; only the child's own process id is filled in later. No library is needed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from autograder.sandbox.inside.landlock import refused

PR_SET_SECCOMP = 22
SECCOMP_MODE_FILTER = 2

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_ERRNO = 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16  # offsets into struct seccomp_data
_X32_BIT = 0x40000000
_PROT_EXEC = 0x4

ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# Name: number on x86_64, number on aarch64 (None where the call does not exist).
ALLOWED: dict[str, tuple[int | None, int | None]] = {
    "read": (0, 63),
    "write": (1, 64),
    "lseek": (8, 62),
    "close": (3, 57),
    "fstat": (5, 80),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "madvise": (28, 233),
    "brk": (12, 214),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getppid": (110, 173),
    "getuid": (102, 174),
    "geteuid": (107, 175),
    "getgid": (104, 176),
    "getegid": (108, 177),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "clock_gettime": (228, 113),
    "clock_getres": (229, 114),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "gettimeofday": (96, 169),
    "time": (201, None),
    "times": (100, 153),
    "getrusage": (98, 165),
    "getrlimit": (97, 163),
    "uname": (63, 160),
    "getrandom": (318, 278),
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "getcwd": (79, 17),
    "getcpu": (309, 168),
}
MMAP, MPROTECT, FCNTL = (9, 222), (10, 226), (72, 25)
PRLIMIT, TGKILL, CLONE3 = (302, 261), (234, 131), (435, 435)
_FCNTL_QUERIES = (1, 3)  # F_GETFD, F_GETFL


class Filter:
    """A compiled filter; `load` is the point of no return."""

    def __init__(self, machine: str | None = None) -> None:
        machine = machine or platform.machine()
        if machine not in ARCHITECTURES:
            raise OSError(errno.ENOSYS, f"no list of system calls for the processor {machine}")
        self._program, self._pid_at = _compile(*ARCHITECTURES[machine])

    def load(self) -> None:
        """Lock this process; needs no-new-privileges.

        Raises:
            OSError: The kernel refused.
        """
        program = bytearray(self._program)
        struct.pack_into("=I", program, self._pid_at, os.getpid())
        buffer = (ctypes.c_char * len(program)).from_buffer(program)
        header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl.argtypes = [ctypes.c_int] + [ctypes.c_void_p] * 4
        if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, header, None, None) != 0:
            raise refused("seccomp")


def _compile(audit_architecture: int, column: int) -> tuple[bytes, int]:
    """Return the program and the offset of the bytes that hold the process id."""
    code: list[tuple[int, int, int, int]] = []

    def emit(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> None:
        code.append((operation, if_true, if_false, value))

    def low_half(argument: int) -> int:
        return _ARGUMENTS + 8 * argument

    def for_call(number: int, block: list[tuple[int, int, int, int]]) -> None:
        emit(_JUMP_EQUAL, number, 0, len(block))
        code.extend(block)

    refuse = (_RETURN, 0, 0, _ERRNO | errno.EPERM)
    allow = (_RETURN, 0, 0, _ALLOW)

    emit(_LOAD, _ARCHITECTURE)
    emit(_JUMP_EQUAL, audit_architecture, 1, 0)
    emit(_RETURN, _KILL_PROCESS)
    emit(_LOAD, _NUMBER)
    if column == 0:
        emit(_JUMP_AT_LEAST, _X32_BIT, 0, 1)
        emit(_RETURN, _KILL_PROCESS)
    for numbers in ALLOWED.values():
        number = numbers[column]
        if number is not None:
            for_call(number, [allow])
    for numbers in (MMAP, MPROTECT):  # memory, but never executable memory
        protection = (_LOAD, 0, 0, low_half(2))
        for_call(numbers[column], [protection, (_JUMP_BITS, 0, 1, _PROT_EXEC), refuse, allow])
    queries = [(_JUMP_EQUAL, len(_FCNTL_QUERIES) - i, 0, q) for i, q in enumerate(_FCNTL_QUERIES)]
    for_call(FCNTL[column], [(_LOAD, 0, 0, low_half(1)), *queries, refuse, allow])
    # prlimit64: only to read one's own limits (process 0, no new limit).
    own_limits = [
        (_LOAD, 0, 0, low_half(0)),
        (_JUMP_EQUAL, 0, 4, 0),
        (_LOAD, 0, 0, low_half(2)),
        (_JUMP_EQUAL, 0, 2, 0),
        (_LOAD, 0, 0, low_half(2) + 4),
        (_JUMP_EQUAL, 1, 0, 0),
        refuse,
        allow,
    ]
    for_call(PRLIMIT[column], own_limits)
    # tgkill: only oneself, so that abort() ends as an abort.
    for_call(TGKILL[column], [(_LOAD, 0, 0, low_half(0)), (_JUMP_EQUAL, 1, 0, 0), refuse, allow])
    pid_at = 8 * (len(code) - 3) + 4
    for_call(CLONE3[column], [(_RETURN, 0, 0, _ERRNO | errno.ENOSYS)])
    code.append(refuse)
    return b"".join(struct.pack("=HBBI", *line) for line in code), pid_at
