"""Make mistakes in right answers of other styles; count which of them are named, and how."""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import linecache
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from autograder.checks.compare import difference
from autograder.checks.finding import RowResult
from autograder.course.bearing import relevant_mistakes
from autograder.course.mutants import OPERATORS, Mutant, mutants
from autograder.course.notebook import Notebook
from autograder.course.patient import Patient
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.slips import Made, derived_slips, label_of, made_slips
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.mistakes import Mistake
from autograder.explain import Question, examine_all, prepare
from autograder.explain.general import SLIPS
from autograder.explain.repair import Repairs, search
from autograder.explain.slips import PREFIX, common
from benchmarks.naming.operators import OTHERS
from benchmarks.naming.unseen import ByHand

SEED = "naming"
FRESH = "naming, fresh"
ROUNDS = 4
SECONDS = 1.0
ROADS = ("bank", "general", "slips")
_GENERAL = {name.partition(".")[0] for name in SLIPS} | {"factor", "sizes", "spread"}
CELL = "<answer>"
"""The name of the cell in which an answer stands, for Python."""


@dataclass
class Count:
    """What became of the mistakes in one set of answers.

    Args:
        caught: Mistakes that lost points.
        named: Road -> how many of them got a name by it (the first of the roads that named any).
        crashed: Of those without a name, how many raised an exception, which names its line.
        whole: How many got a name on every output that they lost.
        false: Names that do not hold on fresh cases.
        kind: Slips whose name is of the kind of the change that was made.
        raised: How many raised an exception; of these, how many were named or located.
        located: How many were told a line, or two of which either may be changed.
        two: Of these, how many were told two; right_line: how many the changed one.
        helped: How many were named or located.
        elsewhere: What was told another line.
        seconds: Processor time of the search for the line, for each.
    """

    caught: int = 0
    named: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROADS, 0))
    crashed: int = 0
    whole: int = 0
    false: list[str] = field(default_factory=list)
    kind: int = 0
    nameless: list[str] = field(default_factory=list)
    raised: int = 0
    raised_helped: int = 0
    located: int = 0
    two: int = 0
    right_line: int = 0
    helped: int = 0
    elsewhere: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Add another count to this one."""
        for name, value in vars(other).items():
            if name != "named":  # numbers and lists alike
                setattr(self, name, getattr(self, name) + value)
        for road, count in other.named.items():
            self.named[road] += count


class Judge:
    """The questions of a notebook, with slips, and what it takes to try a name on fresh cases."""

    def __init__(self, notebook: Notebook) -> None:
        self.notebook = notebook
        public = public_questions(notebook)
        if not any(q.slips for asked in public for q in asked):  # none were released with it
            slips = derived_slips(notebook, [q for asked in public for q in asked])
            public = [[replace(q, slips=slips[q.exercise.name]) for q in a] for a in public]
        hidden = hidden_questions(notebook, SEED)
        self.asked = [[*p, *h] for p, h in zip(public, hidden, strict=True)]
        self._fresh: dict[str, Question] = {}
        self._made: dict[str, list[Made]] = {}

    def count(self, path: Path, operators: Any, every: int = 1) -> Count:
        """Make one in `every` mistakes in one file of answers, and count."""
        text = path.read_text(encoding="utf-8")
        total = Count()
        written = operators if isinstance(operators, dict) else {}
        every = 1 if written else every
        made = _written(text, written.get(path.stem, ())) if written else _changed(text, operators)
        for mutant, changed, lines in itertools.islice(made, 0, None, every):
            with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
                namespace = _namespace(self.notebook, changed)
                if namespace is None:
                    continue
                with np.errstate(all="ignore"):  # an answer may have changed it
                    for questions in self.asked:
                        one = self._judged(questions, namespace, mutant, lines, path.stem)
                        if one is not None:
                            total.add(one)
        return total

    def _judged(
        self,
        questions: list[Question],
        namespace: dict[str, Any],
        mutant: Mutant,
        lines: frozenset[int],
        where: str,
    ) -> Count | None:
        exercise = questions[0].exercise
        rows = [row.id for row in exercise.rows if callable(namespace.get(row.id))]
        known = {row.id for row in self.notebook.rows}
        if not rows or (mutant.function in known and mutant.function not in exercise.functions):
            return None
        runner = Patient(LocalRunner(namespace), SECONDS)
        lost = [r for r in examine_all([questions], runner, rows) if r.score < r.points]
        if not lost:
            return None
        what = f"{where}, {mutant.function}, line {mutant.line}: {mutant.what}"
        names = _names(lost)
        raised = any(f.failed("exception") for r in lost for f in r.findings)
        line = self._line(questions[0], lost[0], namespace, mutant, lines, what)
        line.helped = int(bool(names or line.located))
        line.raised, line.raised_helped = int(raised), int(raised) * line.helped
        if not names:
            line.crashed, line.nameless = int(raised), [] if raised else [what]
            return line
        road = min((_road(name) for _, _, name in names), key=ROADS.index)
        one = replace(line, whole=int(_is_whole(lost)), named=dict.fromkeys(ROADS, 0))
        one.named[road] = 1
        if road == "slips":
            one.kind = int(any(_alike(mutant.kind, name) for _, _, name in names))
        one.false = [
            f"{what}: {name} of {row}"
            for row, output, name in names
            if not self._holds(questions[0], runner, rows, row, output, name)
        ]
        return one

    def _line(
        self,
        question: Question,
        row: RowResult,
        namespace: dict[str, Any],
        mutant: Mutant,
        lines: frozenset[int],
        what: str,
    ) -> Count:
        """What is said of the line in which the first row that is wrong goes wrong."""
        began = time.process_time()
        found: Repairs = search.repairs_of(
            question.exercise, row.id, question.expectations, namespace, limit=False
        )
        count = Count(caught=1, seconds=[time.process_time() - began])
        located = [r for r in found if r.line]
        told = {(r.function, line) for r in located for line in (r.line, r.also) if line}
        told = told or _unknown_names(row)
        if told:
            count.located, count.two = 1, int(any(r.also for r in located))
            count.right_line = int(any((mutant.function, line) in told for line in lines))
            count.elsewhere = [] if count.right_line else [f"{what}: {told}"]
        return count

    def _holds(
        self,
        question: Question,
        runner: Patient,
        rows: list[str],
        row: str,
        output: str | None,
        name: str,
    ) -> bool:
        """Whether a name holds on fresh cases: they give what the named mistake gives."""
        fresh = self._fresh_question(question)
        if not name.startswith(PREFIX):
            again = _names(examine_all([[fresh]], runner, rows))
            return any(name == other for _, _, other in again)
        return any(
            _same(fresh, runner, self.notebook, made.mutant, rows, row, output or "")
            for made in self._with(question, row, output or "", name.removeprefix(PREFIX))
        )

    def _with(self, question: Question, row: str, output: str, kind: str) -> Iterator[Made]:
        """The slips behind a name."""
        name = question.exercise.name
        if name not in self._made:
            self._made[name] = list(made_slips(self.notebook, question))
        here = [m for m in self._made[name] if (m.row, m.output) == (row, output)]
        keys: dict[str, set[tuple[int, str, str]]] = {}
        for made in here:
            keys.setdefault(made.key, set()).add((made.tier, made.mutant.kind, ""))
        said = {key for key, several in keys.items() if label_of(several) == kind}
        return (made for made in here if made.key in said)

    def _fresh_question(self, question: Question) -> Question:
        name = question.exercise.name
        if name not in self._fresh:
            wrong = relevant_mistakes(self.notebook, question.exercise)
            self._fresh[name] = prepare(
                question.exercise,
                seed=FRESH,
                rounds=ROUNDS,
                reference=self.notebook.reference(),
                mistaken={mistake: self.notebook.mistaken(mistake) for mistake in wrong},
                hidden=True,
            )
        return self._fresh[name]


def _same(
    fresh: Question,
    runner: Patient,
    notebook: Notebook,
    slip: Mutant,
    rows: list[str],
    row: str,
    output: str,
) -> bool:
    """Whether an answer gives on all fresh plain cases what a slip in the reference gives."""
    exercise = fresh.exercise
    slipped = Patient(
        notebook.mistaken(Mistake(slip.function, "slip", "", source=slip.source)), SECONDS
    )
    for expectation in fresh.expectations:
        case = expectation.case
        wanted = expectation.outputs.get(row, {}).get(output)
        if case.tie or wanted is None:
            continue
        got = exercise.observe(case, runner.run(exercise.script(case, rows)))[row].outputs
        want = exercise.observe(case, slipped.run(exercise.script(case)))[row].outputs
        if got is None or want is None:
            return got is want
        if difference(got[output], replace(wanted, value=want[output])) is not None:
            return False
    return True


Wrong = tuple[Mutant, str, frozenset[int]]
"""A mistake, the whole changed file, and the lines that may be told of it."""


def _changed(text: str, operators: Any) -> Iterator[Wrong]:
    """Every mutant of every function and class of a file."""
    tree = ast.parse(text)
    for at, node in enumerate(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            before = ast.unparse(node)
            for mutant in mutants(before, node.name, operators):
                body = [*tree.body[:at], *ast.parse(mutant.source).body, *tree.body[at + 1 :]]
                lost = mutant.kind == "lost_statement"
                lines = frozenset({mutant.line})
                lines |= _lines(before, mutant.source, mutant.line) if lost else lines
                if mutant.what == "line done twice":  # below the `if` that holds both
                    lines = frozenset({mutant.line + 1, mutant.line + 2})
                lines = frozenset(line - len(node.decorator_list) for line in lines)  # from `def`
                yield mutant, ast.unparse(ast.Module(body, [])), lines


def _written(text: str, mistakes: Sequence[ByHand]) -> Iterator[Wrong]:
    """The wrong answers that were written by hand on a file of right ones."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        own = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for function, old, new in mistakes:
            if function == node.name:
                before = own[: own.index(old)]
                line = before.count("\n") + 1 + len(old) - len(old.lstrip("\n"))
                wrong = own.replace(old, new)
                changed = text.replace(own, wrong)
                mutant = Mutant(function, line, f"{old} -> {new}", changed)
                yield mutant, changed, _lines(own, wrong, line)


def _lines(before: str, after: str, line: int) -> frozenset[int]:
    """The line that was changed; of one that was left out, those that miss what it made, too."""
    lost = [n for n in ast.walk(ast.parse(before)) if isinstance(n, ast.stmt) and n.lineno == line]
    now = ast.parse(after)
    left = sum(isinstance(n, ast.stmt) and not isinstance(n, ast.Pass) for n in ast.walk(now))
    if left >= sum(isinstance(n, ast.stmt) for n in ast.walk(ast.parse(before))):
        return frozenset({line})
    names = [n for one in lost for n in ast.walk(one) if isinstance(n, ast.Name)]
    made = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    reads = [n for n in ast.walk(now) if isinstance(n, ast.Name) and n.id in made]
    return frozenset({line, *(n.lineno for n in reads if isinstance(n.ctx, ast.Load))})


def _unknown_names(row: RowResult) -> set[tuple[str, int]]:
    """The lines of which it was told that they read a name without a value."""
    facts = [f.explanation.fact for f in row.findings if f.explanation and f.explanation.fact]
    said = [fact.values for fact in facts if fact.name == "names.unknown"]
    found = {(str(values["function"]), int(values["line"])) for values in said}
    for node in ast.parse("".join(linecache.cache[CELL][2])).body:  # type: ignore[misc]
        for inner in ast.walk(node):
            if isinstance(inner, ast.FunctionDef) and inner is not node:
                first = node.lineno
                found |= {
                    (getattr(node, "name", ""), line + inner.lineno - first)
                    for name, line in found
                    if name == inner.name
                }
    return found


def _namespace(notebook: Notebook, text: str) -> dict[str, Any] | None:
    namespace: dict[str, Any] = {"np": np}
    try:
        exec(notebook.provided_source, namespace)
        linecache.cache[CELL] = (len(text), None, text.splitlines(True), CELL)
        exec(compile(text, CELL, "exec"), namespace)
    except Exception:  # a mistake may break its own module
        return None
    return namespace


def _names(results: list[RowResult]) -> list[tuple[str, str | None, str]]:
    """(Row, output, name), each once."""
    found = {(r.id, f.output, f.mistake): None for r in results for f in r.findings if f.mistake}
    return list(found)


def _road(name: str) -> str:
    if name.startswith(PREFIX):
        return "slips"
    general = name in _GENERAL or name.startswith("is_")
    return "general" if general else "bank"


def _is_whole(lost: list[RowResult]) -> bool:
    return all(
        f.mistake for r in lost for f in r.findings if f.costs and f.check != "repeatability"
    )


def _alike(kind: str, name: str) -> bool:
    return common({kind, name.removeprefix(PREFIX)}) is not None


search.CLOCK = time.process_time  # other work on the machine takes no time from the search
BANKED = OPERATORS
UNBANKED = OTHERS
