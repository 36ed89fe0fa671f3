"""The probe: a submission of our own tries forbidden things; the level is what was refused."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.exercises.script import Call, Script
from autograder.sandbox.limits import MIB, Cell, Limits
from autograder.sandbox.session import Session

if TYPE_CHECKING:
    from autograder.sandbox.worker import Worker

_MEMORY_MB = 256
_LIMITS = Limits(call_seconds=5.0, submission_seconds=20.0, memory_mb=_MEMORY_MB)
_OUTER_WALL = frozenset({"pid", "net", "mnt", "ipc"})
_RANK = {"none": 0, "kernel": 1, "full": 2}

# What each layer must refuse on its own, when the others are left out.
ALONE: dict[str, tuple[str, ...]] = {
    "landlock": ("read_a_file", "list_a_folder", "write_to_a_file", "create_a_file"),
    "seccomp": ("read_a_file", "see_that_a_file_exists", "send_by_udp", "fork", "start_a_thread"),
    "rlimits": ("take_too_much_memory", "raise_a_limit"),
    "uid": ("be_root",),
}


@dataclass(frozen=True)
class Attempt:
    """One forbidden thing that was tried."""

    name: str
    refused: bool
    says: str  # how it was refused, or what happened instead


@dataclass(frozen=True)
class Measured:
    """What the probe found."""

    level: str  # `"full"`, `"kernel"` or `"none"`
    attempts: tuple[Attempt, ...] = ()  # everything that was tried in a wholly locked child
    # layer -> whether it refuses on its own what it should
    layers: Mapping[str, bool] | None = None
    # kinds of namespace that student code does not share with this process
    namespaces: tuple[str, ...] = ()
    landlock_abi: int = 0  # the Landlock ABI in use; 0 for none
    harm: tuple[str, ...] = ()  # what the attempts did, seen from outside

    def reaches(self, level: str) -> bool:
        """Whether this is at least the level."""
        return _RANK[self.level] >= _RANK[level]

    def shortfall(self) -> str:
        """What was not refused, in one line."""
        parts = [
            f"{a.name.replace('_', ' ')} was not refused" for a in self.attempts if not a.refused
        ]
        parts += [
            f"{name} does not hold alone" for name, ok in (self.layers or {}).items() if not ok
        ]
        parts += self.harm
        missing = sorted(_OUTER_WALL - set(self.namespaces))
        if not parts and missing:
            parts.append(f"no own namespace for {', '.join(missing)}")
        return "; ".join(parts) or "nothing is missing"


def measure(worker: Worker) -> Measured:
    """Try everything in children of this worker."""
    with _bait() as (there, harm_done):
        attempts = _try(worker, None, there)
        harm = list(harm_done())
        layers = {}
        for layer, names in ALONE.items():
            # Root may raise its limits again: there, limits hold only without it.
            alone = _try(worker, [layer, "uid"], there, names)
            layers[layer] = len(alone) == len(names) and all(a.refused for a in alone)
    holds = bool(attempts) and all(a.refused for a in attempts) and all(layers.values())
    own = tuple(worker.own_namespaces())
    level = "none"
    if holds and not harm:
        level = "full" if set(own) >= _OUTER_WALL else "kernel"
    return Measured(level, tuple(attempts), layers, own, worker.landlock_abi, tuple(harm))


def _try(
    worker: Worker,
    layers: Sequence[str] | None,
    there: dict[str, Any],
    names: Sequence[str] | None = None,
) -> list[Attempt]:
    """Run attempts in a child locked by these layers only (None: by all)."""
    fork = functools.partial(worker.fork, layers=layers) if layers is not None else worker.fork
    with Session(fork, [Cell(program(), "probe")], _LIMITS) as session:
        if session.cells[0].failure is not None:
            return [Attempt("run the probe", False, session.cells[0].failure.message)]
        if names is None:
            answer = session.run(Script(0, (Call("names"),)))[0].value
            names = answer if isinstance(answer, list) else []
        found = []
        for name in names:
            outcome = session.run(Script(0, (Call("attempt", (name, there)),)))[0]
            if outcome.failure is not None:
                found.append(Attempt(name, False, outcome.failure.message))
            else:
                says = outcome.value if isinstance(outcome.value, str) else ""
                found.append(Attempt(name, says != "", says or "it succeeded"))
        return found


@functools.cache
def program() -> str:
    """The source of the attempts."""
    return (Path(__file__).parent / "inside" / "attempts.py").read_text(encoding="utf-8")


@contextlib.contextmanager
def _bait() -> Iterator[tuple[dict[str, Any], Any]]:
    """Files and sockets that anybody may use, and a function that tells what was done to them."""
    with contextlib.ExitStack() as stack:
        # A socket's address holds a hundred letters, less than where some keep what is for a while.
        short = "/tmp" if len(tempfile.gettempdir()) > 60 and os.path.isdir("/tmp") else None
        folder = Path(tempfile.mkdtemp(prefix="autograder-probe-", dir=short))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o777)
        file = folder / "bait"
        file.write_bytes(b"bait")
        file.chmod(0o666)
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        local = stack.enter_context(socket.socket(socket.AF_UNIX))
        local.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o777)
        local.listen()
        for each in (tcp, udp, local):
            each.setblocking(False)

        def harm_done() -> Iterator[str]:
            if not file.exists() or file.read_bytes() != b"bait":
                yield "a file was changed"
            if sorted(p.name for p in folder.iterdir()) != ["bait", "socket"]:
                yield "a folder was changed"
            if file.exists() and file.stat().st_mode & 0o777 != 0o666:
                yield "the mode of a file was changed"
            for name, listener in (("TCP", tcp), ("unix", local)):
                with contextlib.suppress(BlockingIOError):
                    listener.accept()[0].close()
                    yield f"a {name} connection was made"
            with contextlib.suppress(BlockingIOError):
                udp.recv(10)
                yield "a UDP packet was sent"

        there = {
            "folder": str(folder),
            "file": str(file),
            "unix": str(folder / "socket"),
            "tcp": tcp.getsockname()[1],
            "udp": udp.getsockname()[1],
            "pid": os.getpid(),
            "memory": (_MEMORY_MB + 64) * MIB,
        }
        yield there, harm_done


def how_to_improve(level: str) -> list[str]:
    """What to install or allow for a better level than this one."""
    advice: list[str] = []
    if level == "full" or not sys.platform.startswith("linux"):
        return advice
    if level == "none":
        advice.append(
            "Level 'kernel' needs Linux on x86_64 or aarch64 with seccomp and Landlock (5.13 or "
            "newer, with landlock among the security modules that were enabled at boot)."
        )
    if shutil.which("bwrap") is None:
        advice.append("Level 'full' needs bubblewrap too: apt (or dnf) install bubblewrap.")
    else:
        advice.append(
            "Level 'full' needs bubblewrap to work: it is installed, but making namespaces is "
            "refused here (a container, or AppArmor on Ubuntu 24.04: see docs/security.md)."
        )
    return advice
