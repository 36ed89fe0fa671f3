"""Lock the child, step by step, before it sees a line of student code.

A step that fails raises: a child that is not wholly locked never says that it is ready.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import struct

from autograder.sandbox.inside import landlock, seccomp
from autograder.sandbox.inside.wire import Order

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
NOBODY = 65534
MIB = 1 << 20

LAYERS = ("rlimits", "uid", "landlock", "seccomp")
"""What a child is locked by. Only tests and the probe ever leave one out."""


class Lock:
    """What the zygote prepares once, so that each child only has to put it in force."""

    def __init__(self, newest_landlock: int = landlock.NEWEST) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.filter = seccomp.Filter()
        self.ruleset, self.abi = landlock.create_ruleset(newest_landlock)

    def close_to_orphans(self, parent: int) -> None:
        """Die with the zygote, even when that happened a moment ago."""
        self._prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    def apply(self, order: Order, base: int, parent: int) -> None:
        """Lock this process for good.

        Args:
            base: Bytes of address space that the zygote itself uses.

        Raises:
            OSError: A layer could not be put in force.
        """
        layers = frozenset(order.layers)
        if "rlimits" in layers:
            set_limits(order, base)
        if "uid" in layers and os.geteuid() == 0:
            self._stop_being_root()
        if "rlimits" in layers:
            resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # after setuid, which looks at it
        self._prctl(_PR_SET_DUMPABLE, 0)
        self.close_to_orphans(parent)  # again: changing the user cleared it
        self._prctl(_PR_SET_NO_NEW_PRIVS, 1)
        if "landlock" in layers:
            landlock.restrict_self(self.ruleset)
        os.close(self.ruleset)
        if "seccomp" in layers:
            self.filter.load()

    def _stop_being_root(self) -> None:
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        except OSError:  # a container that knows only one user: then without capabilities
            header = struct.pack("=Ii", 0x20080522, 0)
            if self.libc.capset(header, bytes(24)) != 0:
                raise

    def _prctl(self, option: int, value: int) -> None:
        if self.libc.prctl(option, ctypes.c_ulong(value), 0, 0, 0) != 0:
            raise landlock.refused(f"prctl {option}")


def set_limits(order: Order, base: int) -> None:
    """Put the resource limits in force that can't be raised again."""
    most = base + order.memory_bytes
    for name, value in (
        (resource.RLIMIT_AS, most),
        (resource.RLIMIT_FSIZE, order.output_bytes + (1 << 16)),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        resource.setrlimit(name, (value, value))
    # The soft limit ends the child by a signal of its own (SIGXCPU), the hard one by SIGKILL.
    resource.setrlimit(resource.RLIMIT_CPU, (order.cpu_seconds, order.cpu_seconds + 2))


def address_space_now() -> int:
    """Bytes of address space that this process uses."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
