"""The derived slips of a notebook: made at release, shipped as keys, read again when grading.

Every small slip of `slip_operators` is made in the reference and run on the public cases. Of what
comes out only a key is kept (`explain.keys`), with the kind of slip. That takes some seconds a
notebook, so a release takes over what the last one found, as long as nothing changed on which it
depends; a grader only reads.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import inspect
import io
import json
import pickle
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from autograder.checks.compare import difference
from autograder.checks.trial import Trial
from autograder.course import mutants as proof_operators
from autograder.course import rewrites as ways
from autograder.course import slip_operators
from autograder.course.folder import ASSIGNMENTS
from autograder.course.mutants import OPERATORS, Mutant, mutants_of, places, replaced
from autograder.course.notebook import Notebook
from autograder.course.patient import Patient, can_wait
from autograder.course.rewrites import rewrites
from autograder.course.slip_operators import CONFUSED, VALUES
from autograder.errors import CourseError
from autograder.exercises import Exercise, make_cases
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import PUBLIC_SEED, SUFFIX, encode, load
from autograder.exercises.script import Script
from autograder.explain import Question, keys
from autograder.explain import slips as matching
from autograder.explain.bank import prints_of
from autograder.explain.derived import seen_in
from autograder.explain.keys import counts, keys_of
from autograder.explain.slips import Slips, common

SECONDS = 0.25
_OF_CASES = {"inputs", "sizes", "variants", "large", "small", "ties", "without"}
_OF_PEOPLE = {"hints", "points", "weights"}
Found = dict[tuple[str, str], dict[str, set[tuple[int, str, str]]]]
"""(Row, output) -> key -> the (tier, kind, stage) of all slips that have it."""


def derived_slips(notebook: Notebook, questions: Sequence[Question]) -> dict[str, Slips]:
    """Derive the slips of every exercise: exercise -> slips.

    Empty where a changed function that never ends could not be stopped: outside the main thread,
    and on Windows.
    """
    if not can_wait():
        return {}
    with np.errstate(all="ignore"), contextlib.redirect_stdout(io.StringIO()):
        return {q.exercise.name: _derive(notebook, q) for q in questions}


def released_slips(notebook: Notebook) -> dict[str, Slips]:
    """The slips in the released public data, of the exercises to whose state they belong.

    A case that came since the release takes nothing away: keys are compared on the cases on which
    they were taken. They are for naming only, so a release that is missing or damaged is not an
    error here.
    """
    root = notebook.path.parent.parent.parent
    path = root / ASSIGNMENTS / notebook.assignment / f"{notebook.name}{SUFFIX}"
    try:
        data = load(path)
    except CourseError:
        return {}
    now = {exercise.name: exercise for exercise in notebook.exercises}
    return {
        public.exercise.name: Slips(public.slips, frozenset(public.cases), public.slips_of)
        for public in data.exercises
        if (exercise := now.get(public.exercise.name)) is not None
        and public.slips_of == slips_digest(notebook, exercise)
        and _drawn(public.exercise, public.cases) == _drawn(exercise, public.cases)
    }


def _drawn(exercise: Exercise, names: Collection[str]) -> dict[str, bytes]:
    """Name -> all that the public case of this name is."""
    cases = make_cases(exercise, PUBLIC_SEED)
    return {case.name: pickle.dumps(case) for case in cases if case.name in names}


def slips_digest(notebook: Notebook, exercise: Exercise) -> str:
    """A digest of what the slips of an exercise depend on beside its cases: code, how it is called.

    Prose, hints, points and known mistakes are not among it.
    """
    digest = hashlib.sha256()
    for module in (proof_operators, slip_operators, ways, keys, matching, sys.modules[__name__]):
        digest.update(inspect.getsource(module).encode())
    for cell in notebook.cells:
        if cell.kind in ("import", "provided"):
            digest.update(b"\0" + cell.source.encode())
    for name, source in notebook.sources.items():
        digest.update(f"\0{name}\0{source}".encode())
    declared = {k: v for k, v in encode(exercise).items() if k not in _OF_CASES | _OF_PEOPLE}
    digest.update(b"\0" + json.dumps(declared, sort_keys=True, default=str).encode())
    return f"sha256:{digest.hexdigest()}"


@dataclass(frozen=True)
class Made:
    """A slip that shows on the cases of a question.

    Args:
        tier: 0 for the plain slips of the proof, 1 for those of a value or of another way to write
            the same, 2 for two names confused. The lower one explains numbers that several give.
    """

    mutant: Mutant
    tier: int
    row: str
    output: str
    key: str


def made_slips(notebook: Notebook, question: Question) -> Iterator[Made]:
    """Every slip that shows on the cases of a question, for each output that it changes."""
    exercise = question.exercise
    if exercise.random or not question.expectations:
        return
    met: set[tuple[str, str, str]] = set()
    for function in dict.fromkeys(exercise.functions):
        if function in notebook.sources:
            for tier, mutant in slips_of(notebook.sources[function], function):
                for row, output, key in _keys(notebook, question, mutant, met):
                    yield Made(mutant, tier, row, output, key)


def slips_of(source: str, function: str) -> Iterator[tuple[int, Mutant]]:
    """All slips of a function, the plain ones first; none twice."""
    seen: set[str] = set()
    for tier, mutant in _every(ast.parse(source), function):
        if mutant.source not in seen:
            seen.add(mutant.source)
            yield tier, mutant


def _every(tree: ast.Module, function: str) -> Iterator[tuple[int, Mutant]]:
    for operators, tier in ((OPERATORS, 0), (VALUES, 1), (CONFUSED, 2)):
        for mutant in mutants_of(tree, function, operators):
            yield tier, mutant
    for place in places(tree):
        for other in rewrites(place, tree):
            with replaced(place, other):
                for mutant in mutants_of(tree, function, (*OPERATORS, *VALUES[:2]), within=other):
                    yield 1, mutant


def _derive(notebook: Notebook, question: Question) -> Slips:
    stages = getattr(question.exercise, "stages", ())
    found: Found = defaultdict(lambda: defaultdict(set))
    for made in made_slips(notebook, question):
        stage = made.mutant.target if made.mutant.target in stages else ""
        found[made.row, made.output][made.key].add((made.tier, made.mutant.kind, stage))
    rows: dict[str, dict[str, dict[str, str]]] = {}
    for (row, output), kinds in sorted(found.items()):
        labels: dict[str, list[str]] = defaultdict(list)
        for key, several in kinds.items():
            label = label_of(several)
            if label is not None:
                labels[label].append(key)
        if labels:
            texts = {label: "".join(sorted(labels[label])) for label in sorted(labels)}
            rows.setdefault(row, {})[output] = texts
    cases = frozenset(e.case.name for e in question.expectations)
    return Slips(rows, cases, slips_digest(notebook, question.exercise))


def label_of(made: set[tuple[int, str, str]]) -> str | None:
    """What is said of slips that give the same numbers: by the plainest of them, if they agree."""
    plainest = min(tier for tier, _, _ in made)
    kind = common(kind for tier, kind, _ in made if tier == plainest)
    stages = {stage for tier, _, stage in made if tier == plainest}
    if kind is None or kind not in matching.KINDS:
        return None
    (stage,) = stages if len(stages) == 1 else ("",)
    return f"{kind}@{stage}" if stage else kind


def _keys(
    notebook: Notebook, question: Question, mutant: Mutant, met: set[tuple[str, str, str]]
) -> Iterator[tuple[str, str, str]]:
    """What a mutant gives, as row, output and key; nothing for what is right or says nothing.

    Args:
        met: What slips of each kind gave on the first case: who gives the same is not run further.
    """
    try:
        runner = Patient(_changed(notebook, mutant), SECONDS)
    except Exception:  # a mutant may break its own cell
        return
    exercise = question.exercise
    trials = []
    for expectation in question.expectations:
        case = expectation.case
        if not any(counts(case, output) for row in exercise.rows for output in row.outputs):
            continue
        observed = exercise.observe(case, runner.run(_bare(exercise.script(case))))
        if all(seen.outputs is None for seen in observed.values()):
            return
        trials.append(Trial(exercise, expectation, observed))
        if len(trials) == 1 and any(_is_wrong(row, trials[0]) for row in observed):
            first = (mutant.kind, mutant.target, _short(prints_of(observed)))
            if first in met:
                return
            met.add(first)
    for row in exercise.rows:
        for output in row.outputs:
            for key in keys_of(seen_in(row.id, output, trials), border=0.0):
                yield row.id, output, key


def _is_wrong(row: str, trial: Trial) -> bool:
    seen, expected = trial.observed[row].outputs, trial.expectation.outputs.get(row, {})
    return seen is None or any(
        difference(seen[name], want) is not None for name, want in expected.items()
    )


def _short(prints: Any) -> str:
    """Fingerprints as text, with so few digits that rounding does not show."""
    if isinstance(prints, dict):
        return str({key: _short(value) for key, value in prints.items()})
    if isinstance(prints, list):
        return str([f"{x:.8g}" if isinstance(x, float) else x for x in prints])
    return str(prints)


def _bare(script: Script) -> Script:
    """The script without what is watched on the way, which takes time and is not needed."""
    return Script(script.seed, tuple(replace(c, stages=(), count=False) for c in script.calls))


def _changed(notebook: Notebook, mutant: Mutant) -> LocalRunner:
    """A fresh reference in which the changed function takes the place of the right one."""
    runner = notebook.reference()
    exec(compile(mutant.source, "<slip>", "exec"), runner.namespace)  # type: ignore[arg-type]
    return runner
