"""One submission in the sandbox: its cells are run, then scripts, whatever the code does."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any

import msgspec

from autograder.errors import GradingError
from autograder.exercises.script import Failure, Outcome, Script
from autograder.sandbox.conversation import (
    ChildFault,
    ChildProcess,
    ZygoteFault,
    explain_death,
)
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.values import (
    NotAcceptable,
    Packer,
    pack_call,
    unpack_failure,
    unpack_outcome,
)
from autograder.sandbox.limits import Cell, CellOutcome, Limits

START_SECONDS = 10.0
NATURAL_END_SECONDS = 0.05
_CUT = "\n[output cut here]"
_REQUEST_BYTES = 64 << 20
_REPLIES = 4  # how many answers of the largest size one script may have
_FRAME_SLACK = 1 << 18  # what a frame may hold besides values: names, texts, a traceback


class Session:
    """A submission: its cells run on entry, scripts by `run`; a `script.Runner`.

    Args:
        start: Starts a fresh child.
        cells: The submission's cells in order.
        modules: Modules that the submission may import besides: name -> source.
    """

    def __init__(
        self,
        start: Callable[[Limits], ChildProcess],
        cells: Sequence[Cell],
        limits: Limits,
        modules: Mapping[str, str],
    ) -> None:
        self.cells: list[CellOutcome] = []
        self.limits = limits
        self.seconds = 0.0
        self.call_output = ""
        self.restarts = 0
        self._start = start
        self._sources = list(cells)
        self._modules = dict(modules)
        self._left_out: set[int] = set()  # cells that hung or crashed: skipped in replays
        self._spare_seconds = limits.submission_seconds  # for cells that cost nothing
        self._child: ChildProcess | None = None
        self._seen_output = 0
        self._mark = time.monotonic()
        self._closed = False
        try:
            for index in range(len(self._sources)):
                try:
                    outcome = self._first_run(index)
                except ZygoteFault:  # not the submission's fault: once more, on another zygote
                    self._child = None
                    outcome = self._first_run(index)
                self.cells.append(outcome)
        except BaseException:
            self.close()
            raise

    @property
    def output(self) -> str:
        """What the cells printed, cut at the limit."""
        data = "".join(cell.output for cell in self.cells).encode()
        keep = self.limits.output_bytes
        cut = _CUT if len(data) > keep else ""
        return data[:keep].decode("utf-8", "ignore") + cut

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._closed = True
        self._drop_child()

    # Scripts ------------------------------------------------------------------------------------

    def run(self, script: Script) -> list[Outcome]:
        """Run a script; one outcome per call, always.

        A call at which the child ended has the failure that ended it, those after it are skipped,
        and the next script finds a fresh child.
        """
        if self._closed:
            raise GradingError("this session is closed")
        nonce = os.urandom(16)
        request = self._pack(script, nonce)
        try:
            return self._run(script, request, nonce)
        except ZygoteFault:  # not the submission's fault: once more, on another zygote
            self._child = None
            return self._run(script, request, nonce)

    def _run(self, script: Script, request: wire.RunScript, nonce: bytes) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self._mark = time.monotonic()
        try:
            child = self._ready_child()
            self._ask(child, request)
            room = _REPLIES * self.limits.reply_bytes  # for the answers of one script together
            for index in range(len(script.calls)):
                outcome, size = self._next_outcome(child, nonce, index, room)
                outcomes.append(outcome)
                room -= size
                self._charge()
            self._finish(child, nonce)
        except ChildFault as fault:
            self._charge()
            failure, output = self._bury(fault, self.limits.call_seconds)
            outcomes.append(Outcome(failure=failure))
            self.call_output = (self.call_output + output)[: self.limits.output_bytes]
        else:
            self._keep_call_output()
        if any(o.failure is not None and o.failure.kind == "memory" for o in outcomes):
            self._drop_child()  # what filled the memory may still fill it
        if len(outcomes) < len(script.calls):
            last = outcomes[-1].failure
            why = last.message if last is not None else ""
            skipped = Failure("skipped", f"not run, because of the call before it: {why}")
            missing = len(script.calls) - len(outcomes)
            outcomes += [Outcome(failure=skipped) for _ in range(missing)]
        return outcomes

    def _pack(self, script: Script, nonce: bytes) -> wire.RunScript:
        try:
            calls = [pack_call(call, _REQUEST_BYTES) for call in script.calls]
            return wire.RunScript(nonce, Packer(1 << 16).pack(script.seed), calls)
        except NotAcceptable as error:
            raise GradingError(f"a script can't be sent to the sandbox: {error}") from error

    def _finish(self, child: ChildProcess, nonce: bytes) -> None:
        """Wait until the child has cleared up; one that can't is replaced, and nobody pays."""
        try:
            answer, _ = self._answer(child, self._deadline(self.limits.call_seconds), _FRAME_SLACK)
            sound = type(answer) is wire.Done and answer.nonce == nonce and answer.sound
        except ChildFault:
            sound = False
        self._charge()
        if not sound:
            self._keep_call_output()
            self._drop_child()

    def _keep_call_output(self) -> None:
        output = self.call_output + self._take_output()
        self.call_output = output[: self.limits.output_bytes]

    def _next_outcome(
        self, child: ChildProcess, nonce: bytes, index: int, room: int
    ) -> tuple[Outcome, int]:
        """The outcome of the call number `index`, and the size of its frame."""
        deadline = self._deadline(self.limits.call_seconds)
        most = max(0, min(self.limits.reply_bytes, room)) + _FRAME_SLACK
        answer, size = self._answer(child, deadline, most)
        if type(answer) is not wire.WireOutcome:
            raise ChildFault("protocol", "it answered something that was not asked")
        if answer.nonce != nonce or answer.index != index:
            raise ChildFault("protocol", "it answered out of turn")
        try:
            return unpack_outcome(answer), size
        except NotAcceptable as error:
            raise ChildFault("protocol", f"its answer is not acceptable: {error}") from error

    # Cells --------------------------------------------------------------------------------------

    def _first_run(self, index: int) -> CellOutcome:
        cell = self._sources[index]
        if self._remaining(cell.counts) <= 0:
            self._left_out.add(index)
            return CellOutcome(Failure("timeout", self._used_up()), skipped=True)
        self._mark = time.monotonic()
        failure: Failure | None
        try:
            child = self._ready_child()
            self._charge()
            failure = self._run_cell(child, cell)
            output = self._take_output()
            self._charge(cell.counts)
        except ChildFault as fault:
            self._charge(cell.counts)
            self._left_out.add(index)
            failure, output = self._bury(fault, self._allowed(cell), cell.counts)
        if failure is not None and failure.kind == "memory":
            self._left_out.add(index)  # what filled the memory may still fill it
            self._drop_child()
        return CellOutcome(failure, output)

    def _run_cell(self, child: ChildProcess, cell: Cell) -> Failure | None:
        deadline = self._deadline(self._allowed(cell), cell.counts)
        nonce = os.urandom(16)
        self._ask(child, wire.RunCell(nonce, cell.name, cell.source), deadline)
        answer, _ = self._answer(child, deadline, _FRAME_SLACK)
        if type(answer) is not wire.CellDone or answer.nonce != nonce:
            raise ChildFault("protocol", "it answered something that was not asked")
        try:
            return None if answer.failure is None else unpack_failure(answer.failure)
        except NotAcceptable as error:
            raise ChildFault("protocol", f"its answer is not acceptable: {error}") from error

    def _allowed(self, cell: Cell) -> float:
        own = self.limits.call_seconds if cell.seconds is None else cell.seconds
        return min(own, self.limits.call_seconds)

    # The child ----------------------------------------------------------------------------------

    def _ready_child(self) -> ChildProcess:
        """The child, with all cells that ran so far in it; started again when need be."""
        if self._child is not None:
            if not self._child.has_unsolicited():
                return self._child
            self._drop_child()  # it spoke out of turn, or is gone
        while True:
            child = self._begin()
            for index in range(len(self.cells)):
                if index in self._left_out:
                    continue
                try:
                    self._run_cell(child, self._sources[index])
                except ChildFault as fault:
                    self._charge()
                    if self._remaining() <= 0:
                        raise
                    self._bury(fault, self._allowed(self._sources[index]))
                    self._left_out.add(index)
                    break
            else:
                self._take_output()  # of the replay: it is known
                return child

    def _begin(self) -> ChildProcess:
        """Start a child and wait until it is locked."""
        if self._remaining() <= 0:
            raise ChildFault("timeout", self._used_up())
        child = self._start(self.limits)
        self._child, self._seen_output = child, 0
        self.restarts += 1
        nonce = os.urandom(16)
        begin = wire.Begin(nonce, self._modules, self.limits.reply_bytes, self.limits.output_bytes)
        deadline = time.monotonic() + START_SECONDS
        try:
            child.send(wire.frame(begin), deadline)
            ready = wire.decode_answer(child.receive(deadline, 1 << 16))
        except (ChildFault, ValueError) as error:
            said = child.output(0)[:500].decode("utf-8", "replace").strip()
            self._drop_child()
            raise GradingError(f"a sandboxed process did not start: {error}. {said}") from error
        if type(ready) is not wire.Ready or ready.nonce != nonce:
            self._drop_child()
            raise GradingError("a sandboxed process did not start: it said something else")
        return child

    def _ask(
        self, child: ChildProcess, request: msgspec.Struct, deadline: float | None = None
    ) -> None:
        if child.has_unsolicited():
            raise ChildFault("ended", "it spoke out of turn")
        child.send(wire.frame(request), deadline or self._deadline(self.limits.call_seconds))

    def _answer(self, child: ChildProcess, deadline: float, max_bytes: int) -> tuple[Any, int]:
        body = child.receive(deadline, max_bytes)
        try:
            return wire.decode_answer(body), len(body)
        except (ValueError, RecursionError) as error:
            raise ChildFault("protocol", "its answer could not be read") from error

    def _bury(self, fault: ChildFault, allowed: float, counts: bool = True) -> tuple[Failure, str]:
        """End the child after a fault; return what that means, and what it printed last.

        Args:
            fault: How the conversation ended.
            allowed: Seconds that the call or cell was allowed.
            counts: False when its time is not charged to the submission.
        """
        output = self._take_output()
        child, self._child = self._child, None
        patience = NATURAL_END_SECONDS if fault.kind == "ended" else 0.0
        status = child.end(patience) if child is not None else None
        if fault.kind == "ended":
            return explain_death(status), output
        if fault.kind == "timeout":
            used_up = self._remaining(counts) <= 0
            message = self._used_up() if used_up else f"it took more than {allowed:g} seconds"
            return Failure("timeout", message), output
        return Failure(fault.kind, fault.message), output

    def _drop_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            with contextlib.suppress(ZygoteFault):  # the next start finds out
                child.end()

    # Time and output ----------------------------------------------------------------------------

    def _remaining(self, counts: bool = True) -> float:
        if counts:
            return self.limits.submission_seconds - self.seconds
        return self._spare_seconds

    def _charge(self, counts: bool = True) -> None:
        """Charge the time since the last charge."""
        now = time.monotonic()
        if counts:
            self.seconds += now - self._mark
        else:
            self._spare_seconds -= now - self._mark
        self._mark = now

    def _used_up(self) -> str:
        return f"the submission's {self.limits.submission_seconds:g} seconds are used up"

    def _deadline(self, seconds: float, counts: bool = True) -> float:
        return time.monotonic() + min(seconds, max(self._remaining(counts), 0.0))

    def _take_output(self) -> str:
        if self._child is None:
            return ""
        data = self._child.output(self._seen_output)
        self._seen_output += len(data)
        return data[: self.limits.output_bytes + 1].decode("utf-8", "replace")
