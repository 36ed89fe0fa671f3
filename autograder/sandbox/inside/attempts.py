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
from typing import Any

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


def read_a_file(there: dict[str, Any]) -> None:
    with open(there["file"], "rb") as file:
        file.read()


def read_system_accounts(there: dict[str, Any]) -> None:
    with open("/etc/passwd", "rb") as file:
        file.read()


def see_that_a_file_exists(there: dict[str, Any]) -> None:
    os.stat(there["file"])


def list_a_folder(there: dict[str, Any]) -> None:
    os.listdir(there["folder"])


def write_to_a_file(there: dict[str, Any]) -> None:
    with open(there["file"], "ab") as file:
        file.write(b"harm")


def create_a_file(there: dict[str, Any]) -> None:
    os.close(os.open(there["folder"] + "/created", os.O_CREAT | os.O_WRONLY, 0o666))


def delete_a_file(there: dict[str, Any]) -> None:
    os.unlink(there["file"])


def change_the_mode_of_a_file(there: dict[str, Any]) -> None:
    os.chmod(there["file"], 0o777)


def read_about_processes(there: dict[str, Any]) -> None:
    os.listdir("/proc")


def connect_by_tcp(there: dict[str, Any]) -> None:
    with socket.socket() as s:
        s.settimeout(1)
        s.connect(("127.0.0.1", there["tcp"]))


def send_by_udp(there: dict[str, Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(b"harm", ("127.0.0.1", there["udp"]))


def connect_to_a_unix_socket(there: dict[str, Any]) -> None:
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(there["unix"])


def listen(there: dict[str, Any]) -> None:
    with socket.socket() as s:
        s.listen()


def fork(there: dict[str, Any]) -> None:
    if os.fork() == 0:
        os._exit(0)


def start_a_program(there: dict[str, Any]) -> None:
    os.execv("/bin/true", ["true"])


def start_a_thread(there: dict[str, Any]) -> None:
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()


def signal_a_process(there: dict[str, Any]) -> None:
    os.kill(there["pid"], signal.SIGCONT)


def trace_a_process(there: dict[str, Any]) -> None:
    system_call(101, 117, 16, there["pid"], 0, 0)  # PTRACE_ATTACH


def make_a_memory_file(there: dict[str, Any]) -> None:
    os.memfd_create("hidden")


def make_executable_memory(there: dict[str, Any]) -> None:
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def share_memory(there: dict[str, Any]) -> None:
    system_call(29, 194, 0, 4096, 0o1600)  # shmget


def use_io_uring(there: dict[str, Any]) -> None:
    parameters = ctypes.create_string_buffer(120)
    system_call(425, 425, 1, ctypes.addressof(parameters))


def use_the_key_ring(there: dict[str, Any]) -> None:
    system_call(250, 219, 0, -3 & 0xFFFFFFFF, 1)  # KEYCTL_GET_KEYRING_ID


def make_a_namespace(there: dict[str, Any]) -> None:
    system_call(272, 97, 0x10000000)  # unshare(CLONE_NEWUSER)


def change_the_user(there: dict[str, Any]) -> None:
    system_call(117, 147, 0, 0, 0)  # setresuid


def raise_a_limit(there: dict[str, Any]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard + 1, hard + 1))


def take_too_much_memory(there: dict[str, Any]) -> None:
    bytearray(there["memory"])


def be_root(there: dict[str, Any]) -> None:
    if os.getuid() != 0:
        raise PermissionError("not root")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    sets = (ctypes.c_uint32 * 6)()
    system_call(125, 90, ctypes.addressof(header), ctypes.addressof(sets))  # capget
    if not any(sets):
        raise PermissionError("root in name only, without capabilities")


ATTEMPTS = [
    read_a_file, read_system_accounts, see_that_a_file_exists, list_a_folder, write_to_a_file,
    create_a_file, change_the_mode_of_a_file, delete_a_file, read_about_processes, connect_by_tcp,
    send_by_udp, connect_to_a_unix_socket, listen, fork, start_a_program, start_a_thread,
    signal_a_process, trace_a_process, make_a_memory_file, make_executable_memory, share_memory,
    use_io_uring, use_the_key_ring, make_a_namespace, change_the_user, raise_a_limit,
    take_too_much_memory, be_root,
]  # fmt: skip


def names() -> list[str]:
    return [attempt.__name__ for attempt in ATTEMPTS]


def attempt(name: str, there: dict[str, Any]) -> str:
    """Try one thing: an empty text when it succeeded, else how it was refused."""
    try:
        globals()[name](there)
    except (OSError, RuntimeError, MemoryError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""
