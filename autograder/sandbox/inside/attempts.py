# ruff: noqa: D103
"""Forbidden things, tried. This file is read as text and run as a submission by the probe.

Each attempt returns when it got what it should not get, and raises when it was refused.
"""

import ctypes
import mmap
import os
import platform
import resource
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

There = dict[str, Any]

libc = ctypes.CDLL(None, use_errno=True)
ARM = platform.machine() == "aarch64"


def system_call(x86_64: int, aarch64: int, *arguments: int) -> int:
    """A raw system call; raises OSError when the kernel refuses."""
    number = aarch64 if ARM else x86_64
    result: int = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def raise_a_limit(there: There) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))


def be_root(there: There) -> None:
    if os.getuid() != 0:
        raise PermissionError("not root")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    system_call(125, 90, ctypes.addressof(header), ctypes.addressof(sets))  # capget
    if not any(sets):
        raise PermissionError("root in name only, without capabilities")


CREATE, APPEND = os.O_CREAT | os.O_WRONLY, os.O_APPEND | os.O_WRONLY
EXECUTABLE = mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC
ROOM = ctypes.create_string_buffer(120)
ATTEMPTS: dict[str, Callable[[There], object]] = {
    "read_a_file": lambda there: Path(there["file"]).read_bytes(),
    "read_system_accounts": lambda there: Path("/etc/passwd").read_bytes(),
    "see_that_a_file_exists": lambda there: os.stat(there["file"]),
    "list_a_folder": lambda there: os.listdir(there["folder"]),
    "write_to_a_file": lambda there: os.write(os.open(there["file"], APPEND), b"harm"),
    "create_a_file": lambda there: os.open(there["folder"] + "/created", CREATE, 0o666),
    "change_the_mode_of_a_file": lambda there: os.chmod(there["file"], 0o777),
    "delete_a_file": lambda there: os.unlink(there["file"]),
    "read_about_processes": lambda there: os.listdir("/proc"),
    "connect_by_tcp": lambda there: socket.socket().connect(("127.0.0.1", there["tcp"])),
    "send_by_udp": lambda there: socket.socket(type=socket.SOCK_DGRAM).sendto(
        b"harm", ("127.0.0.1", there["udp"])
    ),
    "connect_to_a_unix_socket": lambda there: socket.socket(socket.AF_UNIX).connect(there["unix"]),
    "listen": lambda there: socket.socket().listen(),
    "fork": lambda there: os.fork() or os._exit(0),
    "start_a_program": lambda there: os.execv("/bin/true", ["true"]),
    "start_a_thread": lambda there: threading.Thread(target=int).start(),
    "signal_a_process": lambda there: os.kill(there["pid"], signal.SIGCONT),
    "trace_a_process": lambda there: system_call(101, 117, 16, there["pid"], 0, 0),  # PTRACE_ATTACH
    "make_a_memory_file": lambda there: os.memfd_create("hidden"),
    "make_executable_memory": lambda there: mmap.mmap(-1, 4096, prot=EXECUTABLE),
    "share_memory": lambda there: system_call(29, 194, 0, 4096, 0o1600),  # shmget
    "use_io_uring": lambda there: system_call(425, 425, 1, ctypes.addressof(ROOM)),
    "use_the_key_ring": lambda there: system_call(250, 219, 0, -3 & 0xFFFFFFFF, 1),  # get its id
    "make_a_namespace": lambda there: system_call(272, 97, 0x10000000),  # unshare(CLONE_NEWUSER)
    "change_the_user": lambda there: system_call(117, 147, 0, 0, 0),  # setresuid
    "raise_a_limit": raise_a_limit,
    "take_too_much_memory": lambda there: bytearray(there["memory"]),
    "be_root": be_root,
}


def names() -> list[str]:
    return list(ATTEMPTS)


def attempt(name: str, there: There) -> str:
    """Try one thing: an empty text when it succeeded, else how it was refused."""
    try:
        ATTEMPTS[name](there)
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
