"""What the grader orders of a zygote, and what the zygote tells."""

from __future__ import annotations

import contextlib
import os
from typing import Annotated

import msgspec

BROKEN_STATUS, OUT_OF_MEMORY_STATUS = 70, 71  # how a child ends when it can't go on
NAMESPACES = ("pid", "net", "mnt", "ipc", "uts", "user")


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fork one child."""

    memory_bytes: int  # address space above what the zygote itself uses
    cpu_seconds: int
    output_bytes: int
    layers: list[str]  # see `lockdown.LAYERS`


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sent when the zygote is warm (`what="warm"`), has forked ("forked") or reaped ("ended")."""

    what: str
    pid: int = 0
    status: int = 0  # as `os.waitpid` gives it
    landlock_abi: int = 0
    leftover: bool = False  # a process ended that the zygote had not forked itself
    namespaces: dict[str, str] = {}  # kind -> the kernel's name of the zygote's namespace
    error: Annotated[str, msgspec.Meta(max_length=1000)] = ""


def own_namespaces() -> dict[str, str]:
    """Kind -> the kernel's name of the namespace that this process is in."""
    names = {}
    for kind in NAMESPACES:
        with contextlib.suppress(OSError):
            names[kind] = os.readlink(f"/proc/self/ns/{kind}")
    return names
