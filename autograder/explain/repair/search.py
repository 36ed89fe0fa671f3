"""Search the one change that makes a row right on every public case, in a second or not at all.

Each candidate is judged on the smallest failing case first, then on all. When one was found the
search goes on to the end of its tier, and to the other end of its variable: of two lines that fit
both are told, of more none.
"""

import ast
import contextlib
import gc
import hashlib
import io
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autograder.checks.expected import Expectation
from autograder.exercises.arrays import leaves
from autograder.exercises.bounds import limited
from autograder.exercises.exercise import Exercise
from autograder.exercises.interpreter import undisturbed_randomness
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Module
from autograder.exercises.script import TooLong
from autograder.exercises.witness import Critic, Witness
from autograder.explain.repair.candidates import (
    FAR_RANK,
    Feeds,
    candidates,
    chained,
    feeding,
    unread,
)
from autograder.explain.repair.echoes import SPEAKS, echoes, first_use, made_at
from autograder.explain.repair.fits import (
    MOST_LINES_TOLD,
    Fit,
    Repair,
    Repairs,
    agreed,
    below,
    changed_line,
    target_of,
)
from autograder.explain.repair.missing import scope_of
from autograder.explain.repair.places import Change, applied, places, rewrites
from autograder.explain.repair.raising import known_in
from autograder.explain.repair.trying import Lost, Workbench, fit_together
from autograder.explain.repair.units import Unit, units_of

SECONDS = 1.0
CLOCK = time.perf_counter
SOME = 24
"""So many changes of one place are compiled together."""
SLOWEST = 3
"""Where all cases together take more than this part of the time, nothing would be found."""
AGREED = frozenset({"order", "wrong_name", "arguments", "sign"})
"""Of these it may stand elsewhere as well: two functions disagree, a sign is lost along the way."""
TRAVELS = AGREED | {"inverse", "power", "complement"}
"""These may as well be anywhere on the way of a value."""
AFTERWARDS = 0.3
"""This part of the time is for other lines that fit as well, once the first is found."""
LATEST = 1.2
"""After this part of the time all is over, but for one long call of NumPy."""
PLANNING = 0.3
"""Where code raises this part of the time is for making changes, those near that line first."""
NEAR_LINES = 2
"""Lines so near to the one that was found are looked at first."""
LOOKED_AT = 100
"""Where fewer other changes could be tried, because the code is slow, the line is not sure."""
TELLING = 6
"""Of thousands of changes one makes fewer numbers than these right by chance."""
KINDS = (Layer, Loss, Function, Module)


Plan = tuple[int, Unit, list[Change]]
"""The rank, and changes of one place."""

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
    if not isinstance(exercise, KINDS) or isinstance(exercise, Sampler):
        return ()
    began = CLOCK()
    try:
        units = units_of(row, exercise.functions, namespace)
        texts = [exercise.name, row, *(unit.text for unit in units)]
        digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
        if units and digest not in _found:
            search = _Search(exercise, row, expectations, namespace, units, seconds, began)
            with _undisturbed():
                with contextlib.suppress(TooLong):
                    if limit:
                        limited(max(search.latest - CLOCK(), 0.01), search.run)
                    else:
                        search.run()
                _found[digest] = search.told()
        return _found.get(digest, ())
    except (Exception, SystemExit, TooLong):  # whatever comes of it, the verdict stands
        return ()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Nothing that a changed function prints or warns of is seen; no rubbish is looked for."""
    nothing = _Nothing()
    collects = gc.isenabled()
    gc.disable()  # it would go through all candidates again and again
    with (
        contextlib.redirect_stdout(nothing),
        contextlib.redirect_stderr(nothing),
        undisturbed_randomness(),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            if collects:
                gc.enable()


def _agreed_late(change: Change, found: Fit) -> bool:
    late = change.kind == "sign"
    return change.kind in AGREED and change.tier <= found.change.tier + late


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
    began: float
    fits: list[Fit] = field(default_factory=list)
    tried: int = 0
    all_lost: Lost = frozenset()
    unread: Sequence[str] = ()
    sure: bool = True
    ended: bool = False
    moves: bool = False
    clock: Callable[[], float] = field(default_factory=lambda: CLOCK)

    def __post_init__(self) -> None:
        self.latest = self.began + LATEST * self.seconds
        self.deadline = self.began + (1 - AFTERWARDS / 2) * self.seconds

    def run(self) -> None:
        """Try one change after the other, until the time is over or the tier of the first fit."""
        given = (self.exercise, self.row_id, self.expectations, self.namespace, self.units)
        self.bench = bench = Workbench(*given, late=lambda: self.clock() > self.deadline)
        self.row = bench.row
        soon = self.clock() + self.seconds / SLOWEST
        if not bench.judge(lambda: self.clock() > soon):
            return
        failing = [e for e in bench.cases if bench.base[id(e)]]
        if not failing:
            return
        self.all_lost = frozenset().union(*bench.base.values())
        plain = [e for e in failing if not e.case.tie] or failing
        self.first = max(plain, key=lambda e: len(bench.base[id(e)]))  # the smallest of these
        self.soonest = bench.alone(self.first)
        self.lines = bench.reached(self.soonest)
        rest = [e for e in bench.cases if not bench.base[id(e)]]
        self.others = [e for e in [*failing, *rest] if e is not self.first]
        trees = [unit.tree for unit in self.units]
        self.unread = unread(trees, _numbers(self.first.case.inputs))
        plans, far = self._plans(), False
        whole: Fit | None = None
        before = 0
        while plans and self.clock() < self.deadline and len(self._lines()) <= MOST_LINES_TOLD:
            if not far and whole is None and plans[0][0] >= FAR_RANK:
                plans, far = sorted([*plans, *self._plans(far=True)], key=lambda p: p[0]), True
            tier, unit, changes = plans.pop(0)
            fitting = list(self._try(tier, unit, changes))
            self.fits += fitting
            if whole is not None:
                self._look_at_other_ends(fitting)
            elif whole := next((f for f in fitting if f.whole), None):
                self.deadline = min(self.clock() + AFTERWARDS * self.seconds, self.latest)
                self._look_at_other_ends(self.fits)
                if not far and whole.tier >= FAR_RANK - 1:
                    plans += self._plans(far=True, near=whole)
                plans, before = self._instead(whole, plans), self.tried
        self.ended = not plans
        if whole is None:
            self._look_at_other_ends(self.fits)
        elif whole.tier >= FAR_RANK and self._numbers_judged() < TELLING:
            self.sure = False
        elif plans and whole.kind in AGREED:  # it may well stand elsewhere: was that looked at?
            self.sure = self.tried - before >= LOOKED_AT

    def _numbers_judged(self) -> int:
        """How many numbers a change has to make right, all failing cases together."""
        wrong = [(e, name) for e in self.bench.cases for name in self.bench.base[id(e)]]
        values = [e.outputs[self.row_id][name].value for e, name in wrong]
        return sum(int(np.size(leaf)) for value in values for leaf in leaves(value))

    def _lines(self) -> set[tuple[str, int]]:
        """The lines that fit as a whole."""
        return {line for f in self._whole() for line in f.lines}

    def _whole(self) -> list[Fit]:
        """What makes all of it right, where names speak for some of it only that."""
        whole = [f for f in self.fits if f.whole]
        for one in self.fits if whole else ():  # the same mistake twice in a line
            alike = [f for f in self.fits if f.lines == one.lines and not f.whole]
            together = frozenset().union(*(f.gained for f in alike))
            whole += [f for f in alike if together == self.all_lost and f not in whole]
        return [f for f in whole if f.change.tier == SPEAKS] or whole

    def _instead(self, found: Fit, plans: list[Plan]) -> list[Plan]:
        """What else would be told in the place of a fit: as likely, in its function nearly so."""
        kept = []
        chain, own = chained(found.unit.tree, found.change.place), self.units[0]
        raises = [u for u in self.units if self._raises(u)]
        # It is what fails; what a forward keeps may be right.
        blamed = own if self._is_beside(found.unit) else None
        for rank, unit, changes in plans:
            last = found.tier + (unit is found.unit) + 2 * (unit is blamed)
            if unit not in (found.unit, blamed) and rank <= found.tier + 1:
                # who calls is not blamed alone
                every = rank <= last or unit in raises
                near = [c for c in changes if every or _agreed_late(c, found) or rewrites(c)]
            elif id(changes[0].place.statement) in chain:  # it need not be near what raises
                near = [c for c in changes if rank <= last or c.tier <= found.change.tier]
            else:
                near = [c for c in changes if rank <= last or _agreed_late(c, found)]
            if near:
                kept.append((rank, unit, near))
        return sorted(kept, key=lambda plan: self._how_far(plan, found, chain))

    def _is_beside(self, unit: Unit) -> bool:
        """Whether it is another function of the exercise, which has a row of its own."""
        return unit is not self.units[0] and unit.name in self.exercise.functions

    def _how_far(self, plan: Plan, found: Fit, chain: Set[int]) -> tuple[object, ...]:
        """What is most like a fit comes first: of its kind along the way, as likely, near."""
        rank, unit, (change, *_) = plan
        away = abs(unit.line_of(change.place.node) - found.line) if unit is found.unit else 0
        alike = change.kind == found.kind
        first = (alike and found.kind in TRAVELS) or id(change.place.statement) in chain
        return not first, away > NEAR_LINES, rank > found.tier, not alike, away, rank

    def _plans(self, far: bool = False, near: Fit | None = None) -> list[Plan]:
        """What is tried, the likely first; changes of one place stand together."""
        numbers = _numbers(self.first.case.inputs)
        trees, inputs = [u.tree for u in self.units], self.first.case.inputs
        failure = self.bench.failure
        ends = failure is None or failure.kind != "timeout"  # else each change takes long to try
        held = known_in(trees, inputs, failure)
        known = held if self.bench.broken and ends else None
        ranked: list[tuple[int, Unit, Change]] = []
        soon = self.deadline
        if self.bench.failure is not None:
            soon = min(soon, self.clock() + PLANNING * self.seconds)
        for at, unit in sorted(enumerate(self.units), key=lambda u: not self._raised_in(u[1])):
            if self.clock() > soon:
                break
            wrong, right = self._feeds(unit) if at == 0 else (None, None)
            raised, ran = self._raised_in(unit), self.lines[unit.file]
            if near is not None:
                line = near.line + unit.tree.lineno - 1
                ran = ran & set(range(line - NEAR_LINES, line + NEAR_LINES + 1))
                if unit is not near.unit:
                    continue
            outputs = self.row.outputs if at == 0 else ()
            given = (unit, raised, wrong, right, numbers, ran, far, known, held.keys, outputs)
            for rank, change in candidates(*given, late=lambda: self.clock() > soon):
                ranked.append((rank + (1 if at else 0), unit, change))
        ranked.sort(key=lambda plan: plan[0])
        plans: list[Plan] = []
        for rank, unit, change in ranked:
            last = plans[-1][2] if plans else []
            if (
                last
                and len(last) < SOME
                and plans[-1][0] == rank
                and fit_together(last[-1], change)
            ):
                last.append(change)
            else:
                plans.append((rank, unit, [change]))
        return plans

    def _look_at_other_ends(self, fits: Sequence[Fit]) -> None:
        left = list(fits)
        while left and len(self._lines()) <= MOST_LINES_TOLD:
            fit = left.pop(0)
            where = places(fit.unit.tree)
            for change in echoes(fit.change, where, scope_of(fit.unit.tree)):
                if self.clock() > self.deadline:
                    return
                if fit is not self.fits[0] and isinstance(change.place.statement, ast.Return):
                    continue  # what is missing is missing where it is made
                other = next(self._try(fit.tier, fit.unit, [change]), None)
                if other is not None and other.gained == fit.gained:
                    if not {*other.lines} <= {line for f in self.fits for line in f.lines}:
                        left.append(other)  # and so on along the way
                    self.fits.append(other)
                    break

    def _feeds(self, unit: Unit) -> tuple[Feeds | None, Feeds | None]:
        """What leads to the outputs that are wrong, and to those that are right in every case."""
        if self.bench.failure is not None or isinstance(self.exercise, (Critic, Witness)):
            return None, None
        outputs = self.row.outputs
        wrong = feeding(unit.tree, outputs, self.all_lost)
        return wrong, wrong and feeding(unit.tree, outputs, set(outputs) - self.all_lost)

    def _raised_in(self, unit: Unit) -> int | None:
        """The line of a unit at which the first failing case raised."""
        failure = self.bench.failure
        frames = reversed(failure.traceback) if failure is not None else ()
        return next((line for frame in frames if (line := _line_in(unit, frame))), None)

    def _raises(self, unit: Unit) -> bool:
        """Whether it is a unit itself that raised, and nothing that it calls."""
        frames = self.bench.failure.traceback if self.bench.failure is not None else ()
        return any(_line_in(unit, frame) for frame in frames[-1:])

    def _try(self, tier: int, unit: Unit, changes: Sequence[Change]) -> Iterator[Fit]:
        """What fits of some changes at one place."""
        fitting: list[tuple[Change, Lost, bool, set[tuple[str, str]]]] = []
        with self.bench.restored(), contextlib.suppress(TooLong):
            for change in self.bench.loaded(unit, changes):
                self.tried += 1
                gained = self._gained(change)
                if gained:
                    fitting.append((change, gained, self.moves, self.bench.lost_beside(unit)))
        for change, gained, moves, elsewhere in fitting:
            if elsewhere and not elsewhere <= self.bench.lost_beside(unit):
                continue
            with applied(change):
                after = changed_line(unit, change)
            whole = gained == self.all_lost
            line, target = unit.line_of(change.place.node), target_of(change.place.statement)
            found = places(unit.tree)
            other = change.beside or first_use(change, found) or made_at(change, found)
            beside = unit.line_of(other.node) if other else below(unit, change)
            made = (unit, line, beside, gained, whole, after, target, change, moves)
            yield Fit(tier, change.kind, *made)

    def _gained(self, change: Change) -> Lost:
        """The outputs that are right on all cases with a change, and were not before."""
        base = self.bench.base
        if self.soonest is not self.first and self.bench.lost(self.soonest):
            return frozenset()
        before, wrong = base[id(self.first)], self.bench.lost(self.first)
        wanted_whole = any(f.whole for f in self.fits) or not self._may_be_part(change)
        if not wrong < before or (wrong and wanted_whole):
            return frozenset()
        self.moves = bool(wrong) and self.bench.moved(self.first, wrong)
        if self.moves and change.kind in AGREED:
            return frozenset()  # it takes from another output what it gives to this one
        for expectation in self.others:
            before |= base[id(expectation)]
            wrong |= self.bench.lost(expectation)
            if not wrong < before or (wrong and wanted_whole):
                return frozenset()
        return before - wrong

    def _may_be_part(self, change: Change) -> bool:
        """Whether it is worth telling if only some of the outputs become right.

        To go around what raises is no repair.
        """
        if self.bench.failure is not None:
            return False
        return change.kind not in ("extra_statement", "return")

    def told(self) -> Repairs:
        """What may be said: a line where all that fit agree, or what they have in common."""
        whole = self._whole()
        lost = tuple(n for n in self.row.outputs if n in self.all_lost)
        if whole:
            return (agreed(whole, lost, self.units[0], self.sure),)
        if not self.fits and self.unread:
            target = self.unread[0].rpartition(".")[2]
            return (Repair(lost, "", 0, "unread", whole=False, target=target),)
        found = []
        parts = [f for f in self.fits if not self._is_beside(f.unit)]  # of a backward, no forward's
        if not self.ended:  # there may be one change that makes all outputs right
            parts = [f for f in parts if not f.moves]
        names = [n for n in self.row.outputs if any(n in f.gained for f in parts)]
        for name in names:
            fits = [f for f in parts if name in f.gained]
            least = min(f.tier for f in fits)
            likely = [f for f in fits if f.tier <= least + 1]
            found.append(agreed(likely, (name,), self.units[0], self.sure))
        return tuple(found)


def _line_in(unit: Unit, frame: str) -> int | None:
    """The line of a unit that a line of a traceback is about."""
    name, _, rest = frame.partition(", line ")
    number = rest.partition(":")[0]
    names = {unit.name} | {n.name for n in ast.walk(unit.tree) if isinstance(n, ast.FunctionDef)}
    line = int(number) - unit.tree.lineno + 1 if name in names and number.isdigit() else 0
    return line if 1 <= line <= len(unit.lines) else None


def _numbers(inputs: Mapping[str, Any]) -> list[str]:
    """The inputs that are single numbers, also those inside a dict of settings."""
    found = [name for name, value in inputs.items() if type(value) is float]
    for name, value in inputs.items():
        if isinstance(value, dict):
            found += [f"{name}.{key}" for key, item in value.items() if type(item) is float]
    return found
