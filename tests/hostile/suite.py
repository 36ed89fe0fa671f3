"""Reads the hostile programs, runs one, and tells what harm it did, seen from outside.

A program stands in `programs/<family>.py` under `# %% name: expectation`. Expectations:

- `refused`: the attack raised what a refusing kernel makes Python raise;
- `harmless`: it may return what it likes;
- `wrong`: what it returned does not equal the secret answer;
- `alone`: run twice, as two submissions; the second sees nothing of the first;
- any kind of failure, such as `timeout`; several are joined by "or".

Whatever is expected: no file, socket or process outside is touched, no text or word of the bait
comes back, the student's honest answer stays right, and so does the next submission's.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.exercises.script import Call, Outcome, Script
from autograder.sandbox import Cell, Limits, Session

PROGRAMS = Path(__file__).parent / "programs"
PRELUDE = (PROGRAMS / "prelude.py").read_text()
SECRET = "SECRET-4f1d"
SHAPE = (3, 4)
LIMITS = Limits(call_seconds=20.0, submission_seconds=60.0, memory_mb=256)
IMPATIENT = replace(LIMITS, call_seconds=0.6)  # for programs that are to run out of time
_REFUSALS = (
    "PermissionError OSError FileNotFoundError RuntimeError BlockingIOError ValueError "
    "ConnectionRefusedError gaierror URLError itimer_error"
)
REFUSALS = frozenset(_REFUSALS.split())

Open = Callable[..., Session]


@dataclass(frozen=True)
class Program:
    """One attack."""

    family: str
    name: str
    expects: frozenset[str]
    source: str

    def __str__(self) -> str:
        return f"{self.family}-{self.name}"


def programs(*families: str) -> list[Program]:
    """Every program, or those of some families."""
    found = []
    for path in sorted(PROGRAMS.glob("*.py")):
        if path.stem == "prelude" or (families and path.stem not in families):
            continue
        for part in path.read_text().split("\n# %% ")[1:]:
            title, _, source = part.partition("\n")
            name, _, expects = title.partition(":")
            kinds = frozenset(kind.strip() for kind in expects.split(" or "))
            found.append(Program(path.stem, name.strip(), kinds, source))
    return found


def one(name: str) -> Program:
    """The program of this name."""
    return next(program for program in programs() if program.name == name)


class Bait:
    """Files and sockets that anybody could use, if anybody could reach them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o777)
        for parent in folder.parents:
            if parent.owner() == folder.owner() and parent != Path("/"):
                with contextlib.suppress(OSError):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self.file = folder / "answers.py"
        self.file.write_text(f"SECRET = '{SECRET}'")
        self.file.chmod(0o666)
        self.before = self.file.stat()
        self.sockets = {
            "tcp": socket.create_server(("127.0.0.1", 0)),
            "unix": socket.socket(socket.AF_UNIX),
            "udp": socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        }
        self.sockets["udp"].bind(("127.0.0.1", 0))
        self.sockets["unix"].bind(str(folder / "s"))
        self.sockets["unix"].listen()
        (folder / "s").chmod(0o777)
        for each in self.sockets.values():
            each.setblocking(False)
        self.there: dict[str, Any] = {
            "file": str(self.file),
            "folder": str(folder),
            "unix": str(folder / "s"),
            "tcp": self.sockets["tcp"].getsockname()[1],
            "udp": self.sockets["udp"].getsockname()[1],
            "pid": os.getpid(),
            "shape": list(SHAPE),
            "seed": 3,
            "token": SECRET[::-1],
            "first": True,
        }

    def close(self) -> None:
        for each in self.sockets.values():
            each.close()

    def harm(self) -> Iterator[str]:
        """What was done to it."""
        names = sorted(path.name for path in self.folder.iterdir())
        if names != ["answers.py", "s"]:
            yield f"the folder holds {names}"
        if self.file.exists():
            after = self.file.stat()
            if self.file.read_bytes() != f"SECRET = '{SECRET}'".encode():
                yield "the file was changed"
            if (after.st_mode, after.st_mtime, after.st_nlink) != (
                self.before.st_mode,
                self.before.st_mtime,
                self.before.st_nlink,
            ):
                yield "the file's mode, time or links were changed"
            if os.listxattr(self.file):
                yield "the file was labelled"
        for name in ("tcp", "unix"):
            with contextlib.suppress(BlockingIOError):
                self.sockets[name].accept()[0].close()
                yield f"somebody connected by {name}"
        with contextlib.suppress(BlockingIOError):
            self.sockets["udp"].recv(100)
            yield "somebody sent a packet"


def descendants(pid: int) -> set[int]:
    """The processes below this one."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                parents.setdefault(int(stat[1]), []).append(int(entry.name))
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for child in parents.get(waiting.pop(), []):
            found.add(child)
            waiting.append(child)
    return found


def run(opened: Open, program: Program, there: dict[str, Any]) -> tuple[Outcome, list[str]]:
    """Run a program as a submission; return the attack's outcome and what looks wrong."""
    wrong: list[str] = []
    cells = [Cell(PRELUDE, "cell 1"), Cell(program.source, "cell 2")]
    impatient = "timeout" in program.expects or "for_ever" in program.name
    limits = IMPATIENT if impatient else LIMITS
    with opened(cells, limits) as session:
        for cell in session.cells:
            if cell.failure is not None:
                wrong.append(f"the program does not even start: {cell.failure.message}")
        honest = Script(7, (Call("honest", (np.arange(3.0),)),))
        # The honest question lies in the child already while the attack runs.
        outcome = session.run(Script(7, (Call("attack", (there,)),)), [honest])[0]
        after = session.run(honest)[0]
        if type(after.value) is not np.ndarray or after.value.tolist() != [0.0, 2.0, 4.0]:
            wrong.append(f"the honest answer was lost: {after}")
        failure = outcome.failure
        seen = repr((outcome.value, outcome.after, outcome.warnings, failure and failure.message))
    for word in (SECRET, "LEAK"):
        if word in seen:
            wrong.append(f"{word} came back")
    return outcome, wrong


def judge(program: Program, outcome: Outcome, secret: np.ndarray) -> list[str]:
    """What is not as the program declares."""
    failure = outcome.failure
    if "harmless" in program.expects or "alone" in program.expects:
        return []
    if failure is not None and failure.kind in program.expects:
        return []
    if failure is not None and "refused" in program.expects and failure.type_name in REFUSALS:
        return []
    if "wrong" in program.expects:
        if failure is not None and failure.kind in ("exception", "missing"):
            return []
        if failure is None and not equals(outcome.value, secret):
            return []
    return [f"expected {' or '.join(sorted(program.expects))}, got {outcome!r:.500}"]


def equals(value: Any, secret: np.ndarray) -> bool:
    """The judge: exact type, then kind, shape, finiteness, closeness."""
    if type(value) is not np.ndarray or value.dtype.kind not in "fiu":
        return False
    if value.shape != secret.shape or not np.isfinite(value).all():
        return False
    return bool(np.allclose(value, secret, rtol=1e-6))
