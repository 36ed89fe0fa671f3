"""One submission in the sandbox: its cells are run, then scripts, whatever the code does."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterable, Sequence

from autograder.errors import GradingError
from autograder.exercises.script import Failure, Outcome, Script
from autograder.explain.repair import Repairs
from autograder.sandbox.dialogue import (
    ChildFault,
    ChildProcess,
    Dialogue,
    ZygoteFault,
    explain_death,
)
from autograder.sandbox.limits import MIB, Budget, Cell, CellOutcome, Limits

NATURAL_END_SECONDS = 0.5
_REPLIES = 4  # how many answers of the largest size one script may have


class Session:
    """A submission: its cells run on entry, scripts by `run`; a `script.Runner`.

    Attributes:
        cells: One outcome per cell.
        restarts: How many children were started so far.
    """

    def __init__(
        self, start: Callable[[Limits], ChildProcess], cells: Sequence[Cell], limits: Limits
    ) -> None:
        self.cells: list[CellOutcome] = []
        self.limits = limits
        self.restarts = 0
        self._start = start
        self._sources = list(cells)
        self._left_out: set[int] = set()  # cells that hung or crashed: skipped in replays
        self._budget = Budget(limits.submission_seconds)
        self._dialogue: Dialogue | None = None
        self._closed = False
        try:
            for index in range(len(self._sources)):
                try:
                    outcome = self._first_run(index)
                except ZygoteFault:  # not the submission's fault: once more, on another zygote
                    self._dialogue = None
                    outcome = self._first_run(index)
                self.cells.append(outcome)
        except BaseException:
            self.close()
            raise

    @property
    def seconds(self) -> float:
        """Wall time charged so far; cells that cost nothing are not in it."""
        return self._budget.used

    @property
    def used_up(self) -> str:
        """Says so when no time is left, and nothing would run any more; else `""`."""
        return self._budget.message() if self._budget.is_used_up() else ""

    @property
    def seconds_left(self) -> float:
        """Wall time that is left."""
        return self.limits.submission_seconds - self._budget.used

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the child."""
        self._closed = True
        self._drop()

    # Scripts ------------------------------------------------------------------------------------

    def run(
        self, script: Script, ahead: Iterable[Script] = (), at_most: float = math.inf
    ) -> list[Outcome]:
        """Run a script; one outcome per call, always.

        Args:
            ahead: The scripts that come next: they travel along and run without being asked for
                again. Where it turns out otherwise a fresh child is started.
            at_most: Seconds that one call may take, where that is less than the limit.

        A call at which the child ended has the failure that ended it, those after it are skipped,
        and the next script finds a fresh child.

        Raises:
            GradingError: The sandbox itself failed, twice in a row.
        """
        if self._closed:
            raise GradingError("this session is closed")
        try:
            return self._run(script, ahead, min(at_most, self.limits.call_seconds))
        except ZygoteFault:  # not the submission's fault: once more, on another zygote
            self._dialogue = None
            return self._run(script, ahead, min(at_most, self.limits.call_seconds))

    def mend(self, exercise: str, row: str, seconds: float, further: str = "") -> Repairs:
        """Look for the line in which a row goes wrong; empty when none was found in time.

        Args:
            exercise: The exercise with its public cases, as text.
            seconds: What the search may take.
            further: The exercise with cases of another seed, as text, to confirm what is found.

        Raises:
            GradingError: The sandbox itself failed.
        """
        self._budget.start()
        try:
            deadline = self._budget.deadline(2 * seconds + 1)
            found = self._ready().mend(exercise, row, seconds, deadline, further)
            self._budget.charge()
            return found
        except ChildFault as fault:
            self._budget.charge()
            self._bury(fault, seconds)
            return ()

    def _run(self, script: Script, ahead: Iterable[Script], seconds: float) -> list[Outcome]:
        outcomes: list[Outcome] = []
        self._budget.start()
        try:
            self._converse(script, ahead, outcomes, seconds)
        except ChildFault as fault:
            self._budget.charge()
            outcomes.append(Outcome(failure=self._bury(fault, seconds)))
        if any(o.failure is not None and o.failure.kind == "memory" for o in outcomes):
            self._drop()  # what filled the memory may still fill it
        if len(outcomes) < len(script.calls):
            last = outcomes[-1].failure
            why = last.message if last is not None else ""
            skipped = Failure("skipped", f"not run, because of the call before it: {why}")
            missing = len(script.calls) - len(outcomes)
            outcomes += [Outcome(failure=skipped) for _ in range(missing)]
        return outcomes

    def _converse(
        self, script: Script, ahead: Iterable[Script], outcomes: list[Outcome], call_seconds: float
    ) -> None:
        """Have the child run the script; add its outcomes as they come."""
        budget = self._budget
        dialogue = self._ready(script)
        nonce = dialogue.begin_script(script, ahead, budget.deadline(call_seconds))
        room = _REPLIES * self.limits.reply_bytes  # for the answers of one script together
        for index in range(len(script.calls)):
            most = max(0, min(self.limits.reply_bytes, room))
            deadline = budget.deadline(call_seconds)
            outcome, size = dialogue.next_outcome(nonce, index, deadline, most, script.room)
            outcomes.append(outcome)
            room -= size
            budget.charge()
        sound = dialogue.finish_script(nonce, budget.deadline(call_seconds))
        budget.charge()
        if not sound:  # something that was left behind hung or broke it: nobody pays
            self._drop()

    # Cells --------------------------------------------------------------------------------------

    def _first_run(self, index: int) -> CellOutcome:
        cell, budget = self._sources[index], self._budget
        if budget.is_used_up(cell.counts):
            self._left_out.add(index)
            return CellOutcome(Failure("timeout", budget.message()), skipped=True)
        budget.start()
        try:
            dialogue = self._ready()
            budget.charge()
            deadline = budget.deadline(self._allowed(cell), cell.counts)
            failure = dialogue.run_cell(cell, deadline)
            if failure is not None and failure.kind == "memory" and not self._has_room(dialogue):
                self._left_out.add(index)
                self._drop()
            budget.charge(cell.counts)
            return CellOutcome(failure)
        except ChildFault as fault:
            budget.charge(cell.counts)
            self._left_out.add(index)
            return CellOutcome(self._bury(fault, self._allowed(cell), cell.counts))

    def _has_room(self, dialogue: Dialogue) -> bool:
        """Whether half of the memory is still free, after a cell asked for too much."""
        half = Cell(f"bytearray({self.limits.memory_mb * MIB // 2})", "memory")
        deadline = self._budget.deadline(self.limits.call_seconds)
        try:
            return dialogue.run_cell(half, deadline) is None
        except ChildFault:
            return False

    def _allowed(self, cell: Cell) -> float:
        own = self.limits.call_seconds if cell.seconds is None else cell.seconds
        return min(own, self.limits.call_seconds)

    # The child ----------------------------------------------------------------------------------

    def _ready(self, script: Script | None = None) -> Dialogue:
        """A child with all cells that ran so far in it; started again when need be."""
        if self._dialogue is not None:
            if self._dialogue.is_ready(script):
                return self._dialogue
            self._drop()  # it spoke out of turn, is gone, or runs something else
        while True:
            if self._budget.is_used_up():
                raise ChildFault("timeout", self._budget.message())
            self.restarts += 1
            self._dialogue = Dialogue(self._start(self.limits), self.limits)
            hung = self._replay(self._dialogue)
            if hung is None:
                return self._dialogue
            self._left_out.add(hung)

    def _replay(self, dialogue: Dialogue) -> int | None:
        """Run the cells that ran before; the first at which the child ended this time, if any."""
        for index in range(len(self.cells)):
            if index in self._left_out:
                continue
            cell = self._sources[index]
            try:
                dialogue.run_cell(cell, self._budget.deadline(self._allowed(cell), cell.counts))
            except ChildFault as fault:
                self._budget.charge()
                if self._budget.is_used_up():
                    raise
                self._bury(fault, self._allowed(cell))
                return index
        return None

    def _bury(self, fault: ChildFault, allowed: float, counts: bool = True) -> Failure:
        """End the child after a fault; return what that means.

        Args:
            allowed: Seconds that the call or cell was allowed.
            counts: False when its time is not charged to the submission.
        """
        dialogue, self._dialogue = self._dialogue, None
        status = None
        if dialogue is not None:
            status = dialogue.child.end(NATURAL_END_SECONDS if fault.kind == "ended" else 0.0)
        if fault.kind == "ended":
            return explain_death(status)
        if fault.kind == "timeout":
            message = f"it took more than {allowed:.3g} seconds"
            if self._budget.is_used_up(counts):
                message = self._budget.message()
            return Failure("timeout", message)
        return Failure(fault.kind, fault.message)

    def _drop(self) -> None:
        dialogue, self._dialogue = self._dialogue, None
        if dialogue is not None:
            with contextlib.suppress(ZygoteFault):  # the next start finds out
                dialogue.child.end()
