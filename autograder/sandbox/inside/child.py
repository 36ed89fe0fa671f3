"""What a child does once it is locked: run cells and scripts, until the grader hangs up."""

from __future__ import annotations

import builtins
import io
import os
import random
import sys
import warnings
from types import FunctionType
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.interpreter import describe, execute
from autograder.exercises.public import FURTHER_SEED, load_exercise
from autograder.exercises.script import Call, Failure, Outcome, Script
from autograder.explain.question import from_public
from autograder.explain.repair.search import repairs_of
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.notebook import Notebook, Untouched
from autograder.sandbox.inside.packing import pack_failure, pack_outcome
from autograder.sandbox.inside.standins import StandInFinder
from autograder.sandbox.inside.unpacking import unpack, unpack_call

HIDDEN = ("msgspec", "autograder", "IPython")
_read, _write, _exit = os.read, os.write, os._exit


class CappedOutput(io.RawIOBase):
    """Standard output: what goes beyond the cap is dropped, so that a chatty cell still runs."""

    def __init__(self, fd: int, cap: int) -> None:
        self._fd = fd
        self.left = cap

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._fd

    def write(self, data: Any) -> int:
        size = len(data)
        if self.left > 0:
            kept = bytes(data)[: self.left]
            self.left -= len(kept)
            try:
                _write(self._fd, kept)
            except OSError:  # the student closed it
                self.left = 0
        return size


class Child:
    """Serves one grader over two descriptors.

    Args:
        on_disk: The standard library is still read from disk (no lock is in force).
    """

    def __init__(self, read_fd: int, write_fd: int, output_fd: int, on_disk: bool = False) -> None:
        self._on_disk = on_disk
        self._read_fd, self._write_fd, self._output_fd = read_fd, write_fd, output_fd
        self._reply_bytes = 1 << 20

    def serve(self) -> None:
        """Answer requests until the grader hangs up."""
        begin = self._receive()
        if not isinstance(begin, wire.Begin):
            return
        self._reply_bytes = begin.reply_bytes
        capped = CappedOutput(self._output_fd, begin.output_bytes + 1)
        output = io.TextIOWrapper(
            io.BufferedWriter(capped),
            encoding="utf-8",
            errors="backslashreplace",
            line_buffering=False,
        )
        builtins.print = _capped_print(capped, output)
        for name in ("stdout", "stderr", "__stdout__", "__stderr__"):
            setattr(sys, name, output)
        sys.meta_path.append(StandInFinder())
        if not self._on_disk:
            sys.path[:] = []
            sys.path_importer_cache.clear()
        for name in [n for n in sys.modules if n.partition(".")[0] in HIDDEN]:
            del sys.modules[name]
        random.seed()
        np.random.seed()
        notebook = Notebook()
        untouched = Untouched(notebook.namespace)
        self._send(wire.Ready(begin.nonce))
        while (request := self._receive()) is not None:
            if isinstance(request, wire.RunCell):
                failure = notebook.run(request.source, request.name)
                _flush(output)
                packed = None if failure is None else pack_failure(failure)
                self._send(wire.CellDone(request.nonce, packed))
            elif isinstance(request, wire.RunScripts):
                untouched.remember()
                counting = True
                for script in request.scripts:
                    counting = self._run(script, notebook.namespace, output, counting) and counting
                    untouched.restore()
                    _flush(output)
                    self._send(wire.Done(script.nonce, is_sound()))
            elif isinstance(request, wire.Mend):
                self._send(wire.Mended(request.nonce, _mended(request, notebook.namespace)))

    def _run(
        self,
        request: wire.RunScript,
        namespace: dict[str, Any],
        output: io.TextIOWrapper,
        counting: bool,
    ) -> bool:
        """Run a script, and tell what came of it; whether points must be counted in the next one.

        Who was seen to derive a gradient in one counted script is taken to do so in the others.
        """
        index = 0

        def report(outcome: Outcome) -> None:
            nonlocal index
            _flush(output)
            answer = pack_outcome(outcome, index, request.nonce, self._reply_bytes, request.room)
            index += 1
            try:
                self._send(answer)
            except (MemoryError, OverflowError, UnicodeError) as error:
                failure = pack_failure(describe(error))
                self._send(
                    wire.WireOutcome(request.nonce, index - 1, None, failure, [], {}, [], [], {})
                )

        calls = tuple([unpack_call(call) for call in request.calls])
        script = Script(unpack(request.seed, trusted=True), calls)
        if not counting:
            script = script.uncounted()
        try:
            return not derives(execute(script, namespace, report, interruptible=False), calls)
        except BaseException as error:  # the interpreter itself was sabotaged or ran out of memory
            failure = describe(error)
            while index < len(calls):
                report(Outcome(failure=failure))
                failure = Failure("skipped", "not run, because the call before it ended badly")
            return True

    def _send(self, message: Any) -> None:
        data = wire.frame(message)
        view = memoryview(data)
        while view:
            view = view[_write(self._write_fd, view) :]

    def _receive(self) -> Any:
        header = self._exactly(wire.HEADER.size)
        if header is None:
            return None
        body = self._exactly(wire.HEADER.unpack(header)[0])
        return None if body is None else wire.decode_request(body)

    def _exactly(self, size: int) -> bytes | None:
        parts = []
        while size:
            part = _read(self._read_fd, min(size, 1 << 20))
            if not part:
                return None
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _mended(request: wire.Mend, namespace: dict[str, Any]) -> list[wire.WireRepair]:
    """The repairs that were found; whatever goes wrong on the way, there are none."""
    try:
        question = from_public(load_exercise(request.exercise))
        further: tuple[Expectation, ...] = ()
        if request.further:
            further = from_public(load_exercise(request.further), FURTHER_SEED).expectations
        found = repairs_of(
            question.exercise,
            request.row,
            (*question.expectations, *further),
            namespace,
            request.seconds,
            limit=False,
        )
        return [
            wire.WireRepair(**{**vars(one), "before": one.before[:300], "after": one.after[:300]})
            for one in found
        ]
    except BaseException:
        return []


def derives(outcomes: list[Outcome], calls: tuple[Call, ...]) -> bool:
    """Whether points were counted in every call that asks for it, and none was near an input."""
    told = [outcome.points for outcome, call in zip(outcomes, calls, strict=True) if call.count]
    return bool(told) and all(points and not any(points) for points in told)


def is_sound() -> bool:
    """Whether a script of our own still runs as it should, whatever student code did."""
    try:
        [doubled] = execute(_OURS, {"double": _double}, interruptible=False)
        return (
            type(doubled.value) is np.ndarray
            and doubled.value.tolist() == [2.0, -2.0]
            and doubled.warnings == ("ours",)
        )
    except BaseException:  # whatever was broken: this child is of no more use
        return False


_OURS = Script(0, (Call("double", (np.array([1.0, -1.0]),)),))


def _double(x: np.ndarray) -> np.ndarray:
    warnings.warn("ours", stacklevel=1)
    return 2 * x


def _capped_print(capped: CappedOutput, output: io.TextIOWrapper) -> Any:
    """`print`, which makes no text of what would be dropped: a flood of it takes no time."""
    true_print, system = builtins.print, sys

    def show(*values: Any, file: Any = None, **how: Any) -> None:
        file = system.stdout if file is None else file
        if file is not output or capped.left > 0:
            true_print(*values, file=file, **how)

    # Nothing of ours is within its reach, and whoever watches calls takes it for the library's.
    library = vars(sys.modules["io"])
    made = FunctionType(show.__code__, library, "print", (), show.__closure__)
    made.__kwdefaults__ = show.__kwdefaults__
    return made


def _flush(output: io.TextIOWrapper) -> None:
    try:
        output.flush()
    except BaseException:  # the student closed or broke it: what was printed is lost
        return


def leave(status: int) -> None:
    """End this process without running anything that student code registered."""
    _exit(status)
