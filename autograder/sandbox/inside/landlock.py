"""Landlock: take away every right on files and TCP, with no exception, for good.

The child needs no file once it is locked, so the rule set holds no rule at all. The ABI number
that a kernel reports is not believed: sets of rights are tried from the newest down.
"""

from __future__ import annotations

import ctypes
import os
import struct

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on every architecture
NEWEST = 6

# The number of file rights that each ABI knows (they are the lowest bits).
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16, 6: 16}
_TCP_RIGHTS = 0b11  # bind, connect: from ABI 4
_SCOPES = 0b11  # abstract unix sockets, signals: from ABI 6


def refused(what: str) -> OSError:
    """The error with which the kernel refused the last call through ctypes."""
    code = ctypes.get_errno()
    return OSError(code, f"{what}: {os.strerror(code)}")


def _attributes(abi: int) -> bytes:
    """The bytes of `struct landlock_ruleset_attr` for an ABI."""
    packed = struct.pack("=Q", (1 << _FILE_RIGHTS[abi]) - 1)
    if abi >= 4:
        packed += struct.pack("=Q", _TCP_RIGHTS)
    if abi >= 6:
        packed += struct.pack("=Q", _SCOPES)
    return packed


def create_ruleset(newest: int = NEWEST) -> tuple[int, int]:
    """Return the descriptor of a rule set that forbids everything, and the ABI that it uses.

    Args:
        newest: Use no ABI above this one; lower numbers show how an older kernel behaves.

    Raises:
        OSError: This kernel has no usable Landlock.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for abi in range(min(newest, NEWEST), 0, -1):
        attributes = _attributes(abi)
        fd = libc.syscall(
            ctypes.c_long(_CREATE_RULESET),
            ctypes.c_char_p(attributes),
            ctypes.c_size_t(len(attributes)),
            ctypes.c_uint32(0),
        )
        if fd >= 0:
            return fd, abi
    raise refused("Landlock")


def restrict_self(ruleset: int) -> None:
    """Put the rule set in force for this process; needs no-new-privileges.

    Raises:
        OSError: The kernel refused.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(ctypes.c_long(_RESTRICT_SELF), ctypes.c_int(ruleset), ctypes.c_uint32(0)) != 0:
        raise refused("Landlock")
