"""Make mistakes in right answers of other styles; count which of them are named, and how."""

from __future__ import annotations

import ast
import contextlib
import io
import linecache
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from autograder.checks.compare import difference
from autograder.checks.finding import RowResult
from autograder.course.bearing import relevant_mistakes
from autograder.course.mutants import Mutant, mutants
from autograder.course.notebook import Notebook
from autograder.course.patient import Patient
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.slips import Made, derived_slips, label_of, made_slips
from autograder.exercises.exercise import Mistake
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import Question, examine_all, prepare
from autograder.explain.repair import Repairs, search
from autograder.explain.slips import PREFIX
from benchmarks.naming.unseen import ByHand

SEED = "naming"
FRESH = "naming, fresh"
ROUNDS = 4
SECONDS = 1.0
CELL = "<answer>"
"""The name of the cell in which an answer stands, for Python."""

CERTAIN = ("names.unknown", "names.no_such", "names.call")
"""What is said of a line that is wrong whatever the values are."""

Wrong = tuple[Mutant, str, frozenset[int]]
"""A mistake, the whole changed file, and the lines that may be told of it."""


@dataclass
class Count:
    """What became of the mistakes in one set of answers.

    Args:
        caught: Mistakes that lost points.
        named: How many of them got a name.
        false: Names that do not hold on fresh cases.
        nameless: What got neither a name nor a line.
        raised: How many raised an exception; of these, how many were named or located.
        located: How many were told a line, or two of which either may be changed.
        two: Of these, how many were told two; right_line: how many the changed one.
        helped: How many were named or located.
        elsewhere: What was told another line.
        seconds, walls: Processor time and time by the clock of each search for the line.
    """

    caught: int = 0
    named: int = 0
    false: list[str] = field(default_factory=list)
    nameless: list[str] = field(default_factory=list)
    raised: int = 0
    raised_helped: int = 0
    located: int = 0
    two: int = 0
    right_line: int = 0
    helped: int = 0
    elsewhere: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    walls: list[float] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Add another count to this one."""
        for name, value in vars(other).items():  # numbers and lists alike
            setattr(self, name, getattr(self, name) + value)


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

    def count(self, wrong: Wrong, where: str) -> Count:
        """Judge one mistake."""
        mutant, changed, lines = wrong
        total = Count()
        with contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
            namespace = _namespace(self.notebook, changed)
            if namespace is None:
                return total
            with np.errstate(all="ignore"):  # an answer may have changed it
                for questions in self.asked:
                    one = self._judged(questions, namespace, mutant, lines, where)
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
        line.named = int(bool(names))
        line.nameless = [] if line.helped else [what]
        line.false = [
            f"{what}: {name} of {row}"
            for row, output, name in names
            if not self._holds(questions[0], runner, rows, row, output, name)
        ]
        return line

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
        began, clock = time.process_time(), time.perf_counter()
        as_in_a_kernel = search.CLOCK is time.perf_counter
        found: Repairs = search.repairs_of(
            question.exercise, row.id, question.expectations, namespace, limit=as_in_a_kernel
        )
        count = Count(caught=1, seconds=[time.process_time() - began])
        count.walls = [time.perf_counter() - clock]
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
        if not _finite(got[output]) and not _finite(want[output]):
            continue  # overflown: to NaN or to infinity, as it happens to be written
        if difference(got[output], replace(wanted, value=want[output])) is not None:
            return False
    return True


def _finite(value: Any) -> bool:
    array = np.asarray(value)
    return array.dtype.kind not in "fc" or bool(np.isfinite(array).all())


def changed(text: str, operators: Any) -> Iterator[Wrong]:
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


def written(text: str, mistakes: Sequence[ByHand]) -> Iterator[Wrong]:
    """The wrong answers that were written by hand on a file of right ones."""
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            continue
        own = "\n".join(lines[node.lineno - 1 : node.end_lineno])
        for function, old, new, *as_good in mistakes:
            if function == node.name:
                before = own[: own.index(old)]
                line = before.count("\n") + 1 + len(old) - len(old.lstrip("\n"))
                wrong = own.replace(old, new)
                changed = text.replace(own, wrong)
                mutant = Mutant(function, line, f"{old} -> {new}", changed)
                also = {wrong[: wrong.index(t)].count("\n") + 1 for t in as_good}
                yield mutant, changed, _lines(own, wrong, line) | also


def _lines(before: str, after: str, line: int) -> frozenset[int]:
    """The line that was changed, and those that miss what it made and makes no more."""
    now, then = ast.parse(after), ast.parse(before)
    left = sum(isinstance(n, ast.stmt) and not isinstance(n, ast.Pass) for n in ast.walk(now))
    made = _made(then, line)
    if left >= sum(isinstance(n, ast.stmt) for n in ast.walk(then)):  # otherwise it was left out
        made -= _made(now, line)
    found = [n for n in ast.walk(now) if isinstance(n, (ast.Name, ast.Attribute))]
    reads = [n for n in found if isinstance(n.ctx, ast.Load)]
    reads += [n.target for n in ast.walk(now) if isinstance(n, ast.AugAssign)]  # type: ignore[misc]
    return frozenset({line, *(n.lineno for n in reads if ast.unparse(n) in made)})


def _made(tree: ast.Module, line: int) -> set[str]:
    """The variables and attributes to which what stands in a line gives values."""
    there = [n for n in ast.walk(tree) if isinstance(n, ast.stmt) and n.lineno == line]
    names = [n for o in there for n in ast.walk(o) if isinstance(n, (ast.Name, ast.Attribute))]
    return {ast.unparse(n) for n in names if isinstance(n.ctx, ast.Store)}


def _unknown_names(row: RowResult) -> set[tuple[str, int]]:
    """The lines of which it was told that they read or call what there is not."""
    facts = [f.explanation.fact for f in row.findings if f.explanation and f.explanation.fact]
    said = [fact.values for fact in facts if fact.name in CERTAIN]
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
        for cell in notebook.cells:
            if cell.kind == "provided":
                exec(cell.source, namespace)
        linecache.cache[CELL] = (len(text), None, text.splitlines(True), CELL)
        exec(compile(text, CELL, "exec"), namespace)
    except Exception:  # a mistake may break its own module
        return None
    return namespace


def _names(results: list[RowResult]) -> list[tuple[str, str | None, str]]:
    """(Row, output, name), each once."""
    found = {(r.id, f.output, f.mistake): None for r in results for f in r.findings if f.mistake}
    return list(found)


search.CLOCK = time.process_time  # other work on the machine takes no time from the search
