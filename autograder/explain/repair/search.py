"""Search the one change that makes a row right on every public case, in a second or not at all.

Each candidate is judged on the smallest failing case first, then on all. When one was found the
search goes on to the end of its tier, and to the other end of its variable: of two lines that fit
both are told, of more none.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.checks.catalogue import findings
from autograder.checks.expected import Expectation
from autograder.checks.trial import Trial, fitted
from autograder.exercises.exercise import Exercise, Row
from autograder.exercises.interpreter import describe, execute, undisturbed_randomness
from autograder.exercises.kinds import Function, Layer, Loss
from autograder.exercises.kinds_stateful import Module
from autograder.exercises.script import Failure, Script, Strided, TooLong
from autograder.exercises.time_limit import limited
from autograder.exercises.trees import leaves
from autograder.explain.repair.candidates import candidates
from autograder.explain.repair.echoes import echoes
from autograder.explain.repair.missing import scope_of
from autograder.explain.repair.places import Change, applied, places
from autograder.explain.repair.units import TICK, Unit, copy_of, depending, in_order, units_of

SECONDS = 1.0
CLOCK = time.perf_counter
TURNS = 20_000
SOME = 8
"""After so many changes the clock is looked at."""
SLOWEST = 5
"""Where all cases together take more than this part of the time, nothing would be found."""
AGREED = frozenset({"order", "wrong_name", "arguments"})
"""In these, two functions may disagree with each other, and nobody knows which of them is wrong."""
KINDS = (Layer, Loss, Function, Module)
LONGEST_LINE = 160


@dataclass(frozen=True)
class Repair:
    """A change that makes outputs right on every public case.

    Args:
        outputs: The outputs that it makes right.
        function: Where it stands; "" when more than two lines fit.
        line: Counted from the `def` line as 1; 0 when more than two lines fit.
        also: The other line of the function where two fit.
        kind: What is wrong there; "" when the changes that fit have no kind in common.
        whole: The row is right with it.
        before, after: The line as the student wrote it, and changed.
        file: The name under which Python knows the cell.
    """

    outputs: tuple[str, ...]
    function: str
    line: int
    kind: str
    whole: bool
    before: str = ""
    after: str = ""
    file: str = ""
    target: str = ""
    also: int | None = None


Repairs = tuple[Repair, ...]
Lost = frozenset[str]
"""Names of the outputs that are wrong; all of them where there is no value."""


@dataclass(frozen=True, eq=False)
class _Fit:
    tier: int
    kind: str
    unit: Unit
    line: int
    gained: Lost
    whole: bool
    after: str
    target: str
    change: Change


_found: dict[str, Repairs] = {}


def repairs_of(
    exercise: Exercise,
    row: str,
    expectations: Sequence[Expectation],
    namespace: Mapping[str, Any],
    seconds: float = SECONDS,
    limit: bool = True,
) -> Repairs:
    """The changes of the student's code that make outputs of a row right.

    Args:
        row: The id of a row that is not right.
        expectations: The public cases.
        namespace: The student's; it is not changed.
        seconds: What it may take.
        limit: Stop a single call, too, that takes longer; otherwise somebody else does.

    Returns:
        Those of the whole row, or of single outputs; empty when nothing was found in time.
    """
    try:
        return _repairs_of(exercise, row, expectations, namespace, seconds, limit)
    except (Exception, SystemExit, TooLong):  # whatever comes of it, the verdict stands
        return ()


def _repairs_of(
    exercise: Exercise,
    row: str,
    expectations: Sequence[Expectation],
    namespace: Mapping[str, Any],
    seconds: float,
    limit: bool,
) -> Repairs:
    if not isinstance(exercise, KINDS) or exercise.drawn:
        return ()
    units = units_of(row, exercise.functions, namespace)
    if not units:
        return ()
    key = hashlib.sha256("\0".join([exercise.name, row, *(u.text for u in units)]).encode())
    digest = key.hexdigest()
    if digest not in _found:
        search = _Search(exercise, row, expectations, namespace, units, seconds)
        with _undisturbed():
            with contextlib.suppress(TooLong):
                if limit:
                    limited(1.2 * seconds, search.run)
                else:
                    search.run()
            _found[digest] = search.told()
    return _found[digest]


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Nothing that a changed function prints or warns of is seen."""
    nothing = _Nothing()
    with (
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
        undisturbed_randomness(),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


class _Nothing(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


@dataclass(eq=False)
class _Search:
    exercise: Exercise
    row_id: str
    expectations: Sequence[Expectation]
    namespace: Mapping[str, Any]
    units: list[Unit]
    seconds: float
    fits: list[_Fit] = field(default_factory=list)
    searching: bool = False
    failure: Failure | None = None
    latest: Failure | None = None
    turns: int = 0
    tried: int = 0
    clock: Callable[[], float] = field(default_factory=lambda: CLOCK)

    def __post_init__(self) -> None:
        self.row: Row = next(r for r in self.exercise.rows if r.id == self.row_id)
        self.cases = sorted((e for e in self.expectations if e.outputs.get(self.row_id)), key=_size)
        self.scripts = {
            id(e): _plain(self.exercise.script(e.case, [self.row_id])) for e in self.cases
        }
        self.live = copy_of(self.namespace)
        self.live[TICK] = self._tick
        self.deadline = self.clock() + self.seconds

    def _tick(self) -> None:
        self.turns += 1
        if self.turns > TURNS:
            raise TooLong

    def run(self) -> None:
        """Try one change after the other, until the time is over or the tier of the first fit."""
        for unit in in_order(self.units):
            exec(unit.compiled(), self.live)
        self.original = {name: self.live[name] for unit in self.units for name in unit.binds}
        self.again = {id(unit): depending(unit, self.units)[1:] for unit in self.units}
        self.code = {id(unit): unit.compiled() for unit in self.units}
        started = self.clock()
        self.base = {id(e): self._lost(e) for e in self.cases}
        if self.clock() - started > self.seconds / SLOWEST:
            return
        self.failure, self.latest = self.latest, None
        failing = [e for e in self.cases if self.base[id(e)]]
        if not failing:
            return
        self.all_lost: Lost = frozenset().union(*self.base.values())
        plain = [e for e in failing if not e.case.tie] or failing
        self.first = max(plain, key=lambda e: len(self.base[id(e)]))  # the smallest of these
        rest = [e for e in self.cases if not self.base[id(e)]]
        self.others = [e for e in [*failing, *rest] if e is not self.first]
        self.searching = True
        plans = []
        numbers = _numbers(self.first.case.inputs)
        for at, unit in enumerate(self.units):
            own = at == 0 and isinstance(unit.tree, ast.FunctionDef)
            wrong = self._wrong_positions() if own else None
            right = frozenset(range(len(self.row.outputs))) - wrong if wrong else frozenset()
            for rank, change in candidates(unit, self._raised_in(unit), wrong, right, numbers):
                plans.append((rank + (1 if at else 0), unit, change))
        plans.sort(key=lambda plan: plan[0])
        while plans:
            tier, unit, change = plans.pop(0)
            if self.tried % SOME == 0 and self.clock() > self.deadline:
                return
            fit = self._try(tier, unit, change)
            if fit is None:
                continue
            first = fit.whole and not any(f.whole for f in self.fits)
            self.fits.append(fit)
            if first:  # what else would be told in its place is tried before the time is over
                plans = [
                    plan
                    for plan in plans
                    if plan[0] <= tier or (plan[2].kind in AGREED and plan[2].tier <= change.tier)
                ]
                plans.sort(key=lambda plan: plan[2].kind != change.kind)
        self._look_at_other_ends()

    def _look_at_other_ends(self) -> None:
        for fit in list(self.fits):
            where = places(fit.unit.tree)
            for change in echoes(fit.change, where, scope_of(fit.unit.tree)):
                if self.clock() > self.deadline:
                    return
                other = self._try(fit.tier, fit.unit, change)
                if other is not None and other.gained == fit.gained:
                    self.fits.append(other)
                    break

    def _wrong_positions(self) -> frozenset[int] | None:
        if self.failure is not None:
            return None
        names = list(self.row.outputs)
        return frozenset(names.index(name) for name in self.all_lost)

    def _raised_in(self, unit: Unit) -> int | None:
        """The line of a unit at which the first failing case raised."""
        failure = self.failure
        if failure is None:
            return None
        for frame in reversed(failure.traceback):
            name, _, rest = frame.partition(", line ")
            number = rest.partition(":")[0]
            names = {unit.name} | {
                n.name for n in ast.walk(unit.tree) if isinstance(n, ast.FunctionDef)
            }
            if name in names and number.isdigit():
                line = int(number) - unit.tree.lineno + 1
                if 1 <= line <= len(unit.lines):
                    return line
        return None

    def _lost(self, expectation: Expectation, row: Row | None = None) -> Lost:
        """The outputs of a row that are wrong on a case, as the namespace stands now."""
        self.turns = 0
        blame = _brief if self.searching else describe
        if row is None:
            row, script = self.row, self.scripts[id(expectation)]
        else:
            script = _plain(self.exercise.script(expectation.case, [row.id]))
        names = frozenset(row.outputs)
        outcomes = execute(script, self.live, blame=blame)
        seen = self.exercise.observe(expectation.case, outcomes).get(row.id)
        if seen is None:
            return names
        if seen.failure is not None:
            self.latest = seen.failure
            return names
        observed = {row.id: fitted(row.id, seen, expectation)}
        found = findings(row, Trial(self.exercise, expectation, observed))
        lost = frozenset(f.output for f in found if f.costs)
        return names if None in lost else lost  # type: ignore[return-value]

    def _try(self, tier: int, unit: Unit, change: Change) -> _Fit | None:
        self.tried += 1
        try:
            with applied(change):
                exec(unit.compiled(), self.live)
                for other in self.again[id(unit)]:
                    exec(self.code[id(other)], self.live)
                gained = self._gained(change)
                if not gained:
                    return None
                elsewhere = self._lost_beside(unit)
                after = _changed_line(unit, change)
        except Exception:  # a change may give what is no program
            return None
        finally:
            self.live.update(self.original)
        if elsewhere and not elsewhere <= self._lost_beside(unit):
            return None
        whole = gained == self.all_lost
        line, target = unit.line_of(change.place.node), _target(change.place.statement)
        return _Fit(tier, change.kind, unit, line, gained, whole, after, target, change)

    def _lost_beside(self, unit: Unit) -> set[tuple[str, str]]:
        """What is wrong in the other rows, where a change is made in what they are about.

        A forward that keeps something else may suit a backward, and be wrong by itself.
        """
        if unit is self.units[0]:
            return set()
        rows = [r for r in self.exercise.rows if r.id != self.row_id and r.id in self.live]
        return {(row.id, name) for row in rows for e in self.cases for name in self._lost(e, row)}

    def _gained(self, change: Change) -> Lost:
        """The outputs that are right on all cases with a change, and were not before."""
        before, wrong = self.base[id(self.first)], self._lost(self.first)
        wanted_whole = any(f.whole for f in self.fits) or not self._may_be_part(change)
        if not wrong < before or (wrong and wanted_whole):
            return frozenset()
        for expectation in self.others:
            before |= self.base[id(expectation)]
            wrong |= self._lost(expectation)
            if not wrong < before or (wrong and wanted_whole):
                return frozenset()
        return before - wrong

    def _may_be_part(self, change: Change) -> bool:
        """Whether it is worth telling if only some of the outputs become right.

        To go around what raises is no repair.
        """
        if self.failure is not None:
            return False
        return change.kind not in ("extra_statement", "return")

    def told(self) -> Repairs:
        """What may be said: a line where all that fit agree, or what they have in common."""
        whole = [f for f in self.fits if f.whole]
        if whole:
            return (self._agreed(whole, tuple(n for n in self.row.outputs if n in self.all_lost)),)
        found = []
        names = [n for n in self.row.outputs if any(n in f.gained for f in self.fits)]
        for name in names:
            fits = [f for f in self.fits if name in f.gained]
            least = min(f.tier for f in fits)
            found.append(self._agreed([f for f in fits if f.tier == least], (name,)))
        return tuple(found)

    def _agreed(self, fits: Sequence[_Fit], outputs: tuple[str, ...]) -> Repair:
        lines = list(dict.fromkeys((f.unit.name, f.line) for f in fits))
        kinds = list(dict.fromkeys(f.kind for f in fits))
        targets = {f.target for f in fits}
        first = fits[0]
        if len(lines) > 2 or len({name for name, _ in lines}) > 1:
            kind = kinds[0] if len(kinds) == 1 else ""
            target = first.target if len(targets) == 1 else ""
            return Repair(outputs, "", 0, kind, first.whole, target=target)
        before = first.unit.lines[first.line - 1].strip()
        return Repair(
            outputs, first.unit.name, first.line, first.kind, first.whole,
            before[:LONGEST_LINE], first.after[:LONGEST_LINE], first.unit.file, first.target,
            also=lines[1][1] if len(lines) > 1 else None,
        )  # fmt: skip


def _brief(error: BaseException) -> Failure:
    """That a changed function raised; nobody reads where."""
    return Failure("exception", "", type(error).__name__)


def _plain(script: Script) -> Script:
    """The script without the counting of calls, which is slow."""
    calls = tuple(replace(call, count=False, stages=()) for call in script.calls)
    return Script(script.seed, calls)


def _numbers(inputs: Mapping[str, Any]) -> list[str]:
    """The inputs that are single numbers, also those inside a dict of settings."""
    found = [name for name, value in inputs.items() if type(value) is float]
    for name, value in inputs.items():
        if isinstance(value, dict):
            found += [f"{name}.{key}" for key, item in value.items() if type(item) is float]
    return found


def _size(expectation: Expectation) -> int:
    arrays = (v.array if isinstance(v, Strided) else v for v in expectation.case.inputs.values())
    return sum(
        int(np.size(leaf)) for a in arrays for leaf in leaves(a) if not isinstance(leaf, str)
    )


def _changed_line(unit: Unit, change: Change) -> str:
    """The changed statement on one line; "" where that says nothing."""
    if change.new is None or isinstance(change.new, ast.Pass):
        return ""
    statement = change.new if isinstance(change.new, ast.stmt) else change.place.statement
    text = ast.unparse(ast.fix_missing_locations(statement))
    return text.partition("\n")[0] if isinstance(statement, (ast.For, ast.If, ast.While)) else text


def _target(statement: ast.stmt) -> str:
    """The variable that a statement computes."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        target = statement.target
    else:
        return ""
    while isinstance(target, (ast.Subscript, ast.Attribute)) and not (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    ):
        target = target.value
    return ast.unparse(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""
