"""The seccomp filter, run by a small BPF machine: also for the processor that is not here."""

import re
import struct
from pathlib import Path

import pytest

from autograder.sandbox.inside import seccomp

ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
PID = 4711
MACHINES = list(seccomp.ARCHITECTURES)


def decide(machine: str, number: int, *arguments: int, architecture: int | None = None) -> int:
    """What the filter says to a system call."""
    audit, _ = seccomp.ARCHITECTURES[machine]
    compiled = seccomp.Filter(machine)
    program = bytearray(compiled._program)
    struct.pack_into("=I", program, compiled._pid_at, PID)
    padded = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("=IIQ6Q", number, architecture or audit, 0, *padded)
    lines = list(struct.iter_unpack("=HBBI", bytes(program)))
    accumulator, at = 0, 0
    while True:
        code, if_true, if_false, value = lines[at]
        at += 1
        if code == 0x20:
            [accumulator] = struct.unpack_from("=I", data, value)
        elif code == 0x06:
            return int(value)
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value}
            at += if_true if holds.get(code, bool(accumulator & value)) else if_false


@pytest.mark.parametrize("machine", MACHINES)
def test_only_what_is_listed_is_allowed(machine: str) -> None:
    column = seccomp.ARCHITECTURES[machine][1]
    listed = {numbers[column] for numbers in seccomp.ALLOWED.values()} - {None}
    special = {
        n[column]
        for n in (seccomp.MMAP, seccomp.MPROTECT, seccomp.FCNTL, seccomp.PRLIMIT, seccomp.TGKILL)
    }
    for number in range(0, 600):
        verdict = decide(machine, number)
        if number in listed:
            assert verdict == ALLOW
        elif number == seccomp.CLONE3[column]:
            assert verdict == ENOSYS
        elif number not in special:
            assert verdict == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments_are_looked_at(machine: str) -> None:
    column = seccomp.ARCHITECTURES[machine][1]
    mmap, mprotect = seccomp.MMAP[column], seccomp.MPROTECT[column]
    fcntl, prlimit, tgkill = (
        seccomp.FCNTL[column],
        seccomp.PRLIMIT[column],
        seccomp.TGKILL[column],
    )
    for number in (mmap, mprotect):
        assert decide(machine, number, 0, 4096, 3) == ALLOW
        assert decide(machine, number, 0, 4096, 5) == EPERM
        assert decide(machine, number, 0, 4096, 7) == EPERM
    for command in range(0, 20):
        assert decide(machine, fcntl, 1, command) == (ALLOW if command in (1, 3) else EPERM)
    assert decide(machine, fcntl, 1, 1033) == EPERM
    assert decide(machine, prlimit, 0, 7, 0, 99) == ALLOW
    assert decide(machine, prlimit, 1, 7, 0, 99) == EPERM
    assert decide(machine, prlimit, 0, 7, 99, 0) == EPERM
    assert decide(machine, prlimit, 0, 7, 99 << 32, 0) == EPERM
    assert decide(machine, tgkill, PID, PID, 6) == ALLOW
    assert decide(machine, tgkill, PID + 1, PID, 6) == EPERM


@pytest.mark.parametrize("machine", MACHINES)
def test_other_doors_kill(machine: str) -> None:
    for other in (0xC000003E, 0xC00000B7, 0x40000003, 0x40000028):
        if other != seccomp.ARCHITECTURES[machine][0]:
            assert decide(machine, 0, architecture=other) == KILL
    if machine == "x86_64":
        assert decide(machine, 0x40000000) == KILL
        assert decide(machine, 0x40000000 + 39) == KILL


def test_the_numbers_are_the_kernels() -> None:
    headers = {
        0: [
            Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
            Path("/usr/include/asm/unistd_64.h"),
        ],
        1: [Path("/usr/include/asm-generic/unistd.h")],
    }
    named = {
        **seccomp.ALLOWED,
        "mmap": seccomp.MMAP,
        "mprotect": seccomp.MPROTECT,
        "fcntl": seccomp.FCNTL,
        "prlimit64": seccomp.PRLIMIT,
        "tgkill": seccomp.TGKILL,
        "clone3": seccomp.CLONE3,
    }
    compared = 0
    for column, paths in headers.items():
        for path in filter(Path.exists, paths):
            pattern = r"#define\s+__NR(?:3264)?_(\w+)\s+(\d+)"
            numbers = {name: int(n) for name, n in re.findall(pattern, path.read_text())}
            for name, both in named.items():
                if both[column] is not None and name in numbers:
                    assert numbers[name] == both[column], name
                    compared += 1
    if not compared:
        pytest.skip("the kernel's headers are not installed")


def test_an_unknown_processor_is_refused() -> None:
    with pytest.raises(OSError, match="riscv64"):
        seccomp.Filter("riscv64")
