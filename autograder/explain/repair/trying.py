"""Run a row's code with a change in it, and see which of its outputs are still wrong."""

import ast
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import CodeType
from typing import Any

import numpy as np

from autograder.checks.catalogue import findings
from autograder.checks.expected import Expectation
from autograder.checks.trial import Trial, fitted
from autograder.exercises.arrays import leaves
from autograder.exercises.exercise import Exercise, Row
from autograder.exercises.expressions import Expressions
from autograder.exercises.interpreter import Made, describe, execute, same
from autograder.exercises.script import Failure, Outcome, Script, Strided, TooLong
from autograder.explain.repair.places import Change, applied
from autograder.explain.repair.units import TICK, Unit, copy_of, depending, in_order

TURNS = 20_000
"""Turns of loops and calls in which a case must come to its end."""
FEWER = 2_000
"""The same, once it is known how many the student's own code takes: four times those at least."""
ASK = 500
"""After so many turns the clock is looked at."""
MOST_BITS = 4096
"""An integer that is squared in a loop has no end of digits, and nothing stops its product."""
MOST_ITEMS = 100_000
"""The same of a list or a text that is added to itself."""
PICK = "__pick__"
LOAD = ast.Load()

Lost = frozenset[str]
"""Names of the outputs that are wrong; all of them where there is no value."""


@dataclass(eq=False)
class Workbench:
    """A copy of the student's namespace in which functions are changed and judged.

    Args:
        row_id: The row that is judged, on all cases that have it.
        units: The code on which it depends, its own first.
        late: Whether the time is over; a loop asks it now and then.

    Attributes:
        cases: The cases, the smallest first.
        base: Id of a case -> what is wrong on it as the code stands.
        failure: What the code as it stands raises on some case.
        broken: It raises, or what it returns cannot be taken apart.
        values: Id of a case -> the outputs as the code stands.
    """

    exercise: Exercise
    row_id: str
    expectations: Sequence[Expectation]
    namespace: Mapping[str, Any]
    units: list[Unit]
    late: Callable[[], bool]
    failure: Failure | None = None
    broken: bool = False
    base: dict[int, Lost] = field(default_factory=dict)
    values: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    _returned: Mapping[str, Any] = field(default_factory=dict)
    _turns: int = 0
    _most: int = TURNS
    _latest: Failure | None = None
    _unread: bool = False

    def __post_init__(self) -> None:
        self.row: Row = next(r for r in self.exercise.rows if r.id == self.row_id)
        self.cases = sorted((e for e in self.expectations if e.outputs.get(self.row_id)), key=_size)
        self._scripts = {
            id(e): _plain(self.exercise.script(e.case, [self.row_id])) for e in self.cases
        }
        self.live = copy_of(self.namespace)
        self.live[TICK] = self._tick
        for unit in in_order(self.units):
            exec(unit.compiled(), self.live)
        self._original = {name: self.live[name] for unit in self.units for name in unit.binds}
        self._again = {
            id(unit): [other.compiled() for other in depending(unit, self.units)[1:]]
            for unit in self.units
        }

    def judge(self, slow: Callable[[], bool]) -> bool:
        """Judge the code as it stands on every case; whether that was done before it was slow."""
        longest = 0
        for case in self.cases:
            if slow():
                return False
            self.base[id(case)] = self.lost(case, blame=describe)
            self.values[id(case)] = self._returned
            if self._turns > self._most:  # without an end; so it will be on the others
                self._most = FEWER
            else:
                longest = max(longest, self._turns)
        self.failure, self._most = self._latest, max(FEWER, 4 * longest)
        self.broken = self._unread or self.failure is not None
        return not slow()

    def alone(self, case: Expectation) -> Expectation:
        """The shortest of what is wrong on a case, where one output can be asked for alone."""
        if not isinstance(self.exercise, Expressions):
            return case
        texts, outputs = self.exercise.expressions, case.outputs[self.row_id]
        name = min(self.base[id(case)] & set(outputs), key=lambda name: len(texts[name]))
        asked, expected = replace(case.case, judged=(name,)), {self.row_id: {name: outputs[name]}}
        one = replace(case, case=asked, outputs=expected)
        self._scripts[id(one)] = _plain(self.exercise.script(asked, [self.row_id]))
        return one

    def reached(self, case: Expectation) -> dict[str, set[int]]:
        """The lines of the units that run on a case, file by file."""
        lines: dict[str, set[int]] = {unit.file: set() for unit in self.units}

        def look(frame: Any, event: str, argument: Any) -> Any:
            if frame.f_code.co_filename not in lines:
                return None
            lines[frame.f_code.co_filename].add(frame.f_lineno)
            return look

        before = sys.gettrace()
        sys.settrace(look)
        try:
            self.lost(case)
        finally:
            sys.settrace(before)
        return lines

    def lost(self, case: Expectation, row: Row | None = None, blame: Any = None) -> Lost:
        """The outputs of a row that are wrong on a case, as the namespace stands now.

        Raises:
            TooLong: The time is over.
        """
        if self.late():
            raise TooLong
        self._turns = 0
        if row is None:
            row, script = self.row, self._scripts[id(case)]
        else:
            script = _plain(self.exercise.script(case.case, [row.id]))
        names = frozenset(row.outputs)
        outcomes = execute(script, self.live, self._goes_on, limit=bounded, blame=blame or _brief)
        rows = self.exercise.observe(case.case, outcomes)
        seen = rows.get(row.id)
        self._returned = (seen and seen.outputs) or {}
        if seen is None:
            return names
        if seen.failure is not None:
            self._latest = seen.failure
            return names
        observed = {**rows, row.id: fitted(row.id, seen, case)}  # a backward has its forward's mask
        found = findings(row, Trial(self.exercise, case, observed))
        lost = frozenset(f.output for f in found if f.costs)
        self._unread |= None in lost
        return names if None in lost else lost  # type: ignore[return-value]

    def moved(self, case: Expectation, names: Lost) -> bool:
        """Whether some outputs are other numbers now than as the code stood, on the last case."""
        before, now = self.values[id(case)], self._returned
        return any(not same(before.get(name), now.get(name)) for name in names)

    def lost_beside(self, unit: Unit) -> set[tuple[str, str]]:
        """What is wrong in the other rows, where a change is made in what they are about.

        A forward that keeps something else may suit a backward, and be wrong by itself.
        """
        if unit is self.units[0]:
            return set()
        rows = [r for r in self.exercise.rows if r.id != self.row_id and r.id in self.live]
        return {(row.id, name) for row in rows for e in self.cases for name in self.lost(e, row)}

    def loaded(self, unit: Unit, changes: Sequence[Change]) -> Iterator[Change]:
        """Each of some changes at one place in turn, while the namespace has it.

        Several are compiled together, as `(one if it is picked else another)`: most of the time
        would go into compiling the rest of the function again and again.
        """
        together = _compiled(unit, _choice(changes)) if len(changes) > 1 else None
        if together is not None:
            self._run(unit, together)
        for i, change in enumerate(changes):
            if together is None:
                alone = _compiled(unit, change)
                if alone is None or not self._run(unit, alone):
                    continue
            self.live[PICK] = i
            yield change

    @contextmanager
    def restored(self) -> Iterator[None]:
        """Afterwards the namespace has the student's own functions again."""
        try:
            yield
        finally:
            self.live.update(self._original)

    def _run(self, unit: Unit, code: CodeType) -> bool:
        try:
            for part in (code, *self._again[id(unit)]):
                exec(part, self.live)
        except Exception:  # what a class or a default is made of may raise
            return False
        return True

    def _goes_on(self, outcome: Outcome) -> None:
        """Nothing more is called once the time is over, though a call was ended."""
        if outcome.failure is not None and self.late():
            raise TooLong

    def _tick(self) -> None:
        self._turns += 1
        if self._turns > self._most or (self._turns % ASK == 0 and self.late()):
            raise TooLong
        for value in sys._getframe(1).f_locals.values():
            if type(value) is int and value.bit_length() > MOST_BITS:
                raise TooLong


def bounded(work: Callable[[], Made]) -> Made:
    """A call whose result is not too large for the next: doubled again and again, it would be."""
    made = work()
    result = made[0]
    if type(result) is int and result.bit_length() > MOST_BITS:
        raise TooLong
    if type(result) in (list, tuple, str, dict) and len(result) > MOST_ITEMS:
        raise TooLong
    return made


def _choice(changes: Sequence[Change]) -> Change:
    """The changes as one, of which `PICK` picks."""
    choice = changes[-1].new
    for i, change in reversed(list(enumerate(changes[:-1]))):
        test = ast.Compare(ast.Name(PICK, ast.Load()), [ast.Eq()], [ast.Constant(i)])
        choice = ast.IfExp(test, change.new, choice)  # type: ignore[arg-type]
    return replace(changes[0], new=choice)


def _compiled(unit: Unit, change: Change) -> CodeType | None:
    """A unit with a change; None where it is no program."""
    try:
        with applied(change):
            return unit.compiled()
    except Exception:
        return None


def fit_together(one: Change, other: Change) -> bool:
    """Whether two changes stand at one place, where a value is read."""
    return (
        one.place is other.place
        and _is_read(one.new)
        and _is_read(other.new)
        and _is_read(one.place.node)
    )


def _is_read(node: ast.AST | None) -> bool:
    if not isinstance(node, ast.expr) or isinstance(node, (ast.Slice, ast.Starred)):
        return False
    return isinstance(getattr(node, "ctx", LOAD), ast.Load)


def _brief(error: BaseException) -> Failure:
    """That a changed function raised; nobody reads where."""
    return Failure("exception", "", type(error).__name__)


def _plain(script: Script) -> Script:
    """The script without the counting of calls, which is slow."""
    calls = tuple(replace(call, count=False, stages=()) for call in script.calls)
    return Script(script.seed, calls)


def _size(expectation: Expectation) -> int:
    arrays = (v.array if isinstance(v, Strided) else v for v in expectation.case.inputs.values())
    return sum(
        int(np.size(leaf)) for a in arrays for leaf in leaves(a) if not isinstance(leaf, str)
    )
