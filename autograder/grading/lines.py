"""The lines in which failing rows go wrong, sought in the sandbox after all is graded.

A child of its own does it, which knows the public cases only: what it says decides nothing, names
one of our kinds, and a line that stands where it says.
"""

import ast
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.checks.finding import RowResult
from autograder.exercises.public import dump_exercise
from autograder.explain import Question, to_public
from autograder.explain.cells import Cell as ReadCell
from autograder.explain.cells import names_used, parsed, without_magics
from autograder.explain.repair import LOOKS, SECONDS, Repair, Repairs, told
from autograder.grading.submission import PlannedCell
from autograder.sandbox import Cell, Limits, Sandbox

Lines = dict[str, Repairs]
"""Row -> what was found."""


@dataclass(frozen=True)
class Lined:
    """What was found in one submission."""

    lines: Lines


def lines_of(
    rows: Collection[str],
    planned: Sequence[PlannedCell],
    questions: Sequence[Sequence[Question]],
    sandbox: Sandbox,
    limits: Limits,
    further: Callable[[str], Question] | None = None,
) -> Lines:
    """Look for the line in each of some rows.

    Args:
        planned: The cells to run, in order.
        questions: For every exercise its questions; the public ones are used.
        further: Gives an exercise on cases of another seed: a line must hold on them, too.

    Raises:
        GradingError: The sandbox failed.
    """
    cells = [Cell(p.source, p.name) for p in planned if not p.experiment]
    found: Lines = {}
    with sandbox.open(cells, limits) as session:
        for asked in questions:
            public = next((q for q in asked if not q.hidden), None)
            wanted = [r for r in public.exercise.rows if r.id in rows] if public else []
            if not wanted:
                continue
            assert public is not None
            text = _text(public)
            more = _text(further(public.exercise.name)) if further else ""
            for row in wanted:
                repairs = session.mend(text, row.id, SECONDS, more)
                held = tuple(r for r in repairs if _holds(r, row.outputs, planned))
                if held:
                    found[row.id] = held
    return found


def _text(question: Question) -> str:
    return dump_exercise(to_public(replace(question, bank=lambda: (), slips=None)))


def with_lines(row: RowResult, repairs: Repairs, cells: Mapping[str, int]) -> RowResult:
    """A verdict with the lines that were found for it.

    Args:
        cells: Function or class -> the position of the cell that defines it.
    """
    cell = next((cells.get(r.function) for r in repairs if r.function), None)
    return told(row, repairs, cell)


def defined(source: str) -> list[str]:
    """The functions and classes that a cell defines."""
    tree = parsed(without_magics(source))
    nodes = tree.body if tree is not None else []
    return [n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def text_of(row: str, functions: Sequence[str], cells: Sequence[ReadCell]) -> str:
    """A digest of the code on which a row depends, whatever stands around it in its cells."""
    before = functions[: functions.index(row)] if row in functions else ()
    names = names_used({row.partition(".")[0], *before}, cells)
    sources = [_statements(cell.source) for cell in cells if cell.binds & names]
    return hashlib.sha256("\0".join([row, *sources]).encode("utf-8", "replace")).hexdigest()


def _statements(source: str) -> str:
    """The statements of a cell as they are laid out, without the lines between them."""
    source = without_magics(source)
    tree, lines = parsed(source), source.splitlines()
    if tree is None:
        return source
    firsts = (
        min([s.lineno, *(d.lineno for d in getattr(s, "decorator_list", ()))]) for s in tree.body
    )
    spans = zip(firsts, (s.end_lineno for s in tree.body))
    return "\n".join(line.rstrip() for first, last in spans for line in lines[first - 1 : last])


def _holds(repair: Repair, outputs: Sequence[str], planned: Sequence[PlannedCell]) -> bool:
    """Whether what a child says may be so: student code could have said it."""
    if not set(repair.outputs) <= set(outputs) or repair.kind not in (*LOOKS, ""):
        return False
    if not repair.line:
        return not repair.before and repair.target.replace(".", "").isidentifier() | (
            not repair.target
        )
    cell = next((c for c in planned if c.name == repair.file), None)
    written = [line.strip() for line in cell.source.splitlines()] if cell else []
    if not all(1 <= at <= len(written) for at in (repair.line, repair.also or repair.line)):
        return False
    named = any(f" {repair.function}" in line for line in written)
    return named and any(line.startswith(repair.before) for line in written)
