"""The catalogue: a row, a trial -> findings. Checks are pure; they call nothing of the student's.

One function for each named check. Which of them a row meets follows from the kind of its exercise,
never from its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.compare import Difference, Expected, difference
from autograder.checks.finding import Check, Finding
from autograder.checks.masks import is_random, judge_mask
from autograder.checks.moments import judge_moments
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import AGAIN
from autograder.exercises.critic import Critic
from autograder.exercises.exercise import Exercise, Observed, Row
from autograder.exercises.expressions import Expressions
from autograder.exercises.fact import fact, type_of
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Answer, Module, Text
from autograder.exercises.script import Failure
from autograder.exercises.witness import Witness

Judge = Callable[[Row, Trial], Iterator[Finding]]


def failure(row: Row, trial: Trial) -> Iterator[Finding]:
    """The function gave nothing: it is missing, raised, hung, or could not be run."""
    seen = trial.observed.get(row.id)
    if seen is not None and seen.failure is not None:
        yield trial.finding(Check.FAILURE, failure=seen.failure)


def outputs(row: Row, trial: Trial) -> Iterator[Finding]:
    """Every output has the right form, is finite, and equals what the reference gives."""
    seen = trial.observed.get(row.id)
    if seen is None or seen.failure is not None:
        return
    if seen.outputs is None:
        yield trial.finding(Check.CONTRACT, fact=seen.problem)
        return
    for name, expected in trial.expectation.outputs[row.id].items():
        if name in trial.exercise.drawn:
            continue
        value = seen.outputs[name]
        wrong = difference(value, expected)
        if wrong is None:
            yield from _listed(name, seen, expected, trial)
        elif seen.account is not None:  # the kind's own account, where one number says nothing
            trace = seen.traceback
            yield trial.finding(Check.ACCOUNT, name, fact=seen.account, traceback=trace)
        else:
            yield _compared(row, name, wrong, trial)


def _compared(row: Row, name: str, wrong: Difference, trial: Trial) -> Finding:
    if wrong.of_form:
        check = Check.CONTRACT
        like = name[1:] if name.startswith("d") and name[1:] in trial.case.inputs else ""
        wrong = replace(wrong, shape_of=like)
    elif trial.case.name == AGAIN:
        check = Check.REPEATABILITY
    elif wrong.kind == "finite":
        check = Check.FINITE
    else:
        check = Check.GRADIENT if row.part == "backward" else Check.VALUE
    turns = trial.exercise.turns(name)
    if turns and wrong.where:
        turn = int(wrong.where[0]) + 1 if turns > 1 else 0
        wrong = replace(wrong, where=wrong.where[1:], turn=turn)
    return trial.finding(check, name, difference=wrong)


def _listed(name: str, seen: Observed, expected: Expected, trial: Trial) -> Iterator[Finding]:
    if name in seen.listed and isinstance(expected.value, np.ndarray):
        said = fact("style.list", name=name)
        yield trial.finding(Check.CONTRACT, fact=said, severity="warning")


def unchanged(row: Row, trial: Trial) -> Iterator[Finding]:
    """The function left its arguments as they were (a warning: it changed no result)."""
    seen = trial.observed.get(row.id)
    if seen is not None and seen.changed:
        said = fact("inputs.changed", row=row.id, names=list(seen.changed))
        yield trial.finding(Check.UNCHANGED, fact=said, severity="warning")


def quiet(row: Row, trial: Trial) -> Iterator[Finding]:
    """NumPy and Python warn of nothing where the reference raises no warning either."""
    seen = trial.observed.get(row.id)
    if seen is None or not seen.warnings or row.id not in trial.expectation.quiet:
        return
    said = fact("warns", row=row.id, text=seen.warnings[0])
    yield trial.finding(Check.WARNINGS, fact=said, severity="warning")


def answer(row: Row, trial: Trial) -> Iterator[Finding]:
    """An answer has the right form and, where the right value is known, is right."""
    exercise, seen = trial.exercise, trial.observed.get(row.id)
    assert isinstance(exercise, Answer)
    if seen is None or seen.outputs is None:
        return
    got = seen.outputs[row.id]
    if got is None:
        empty = Failure("unanswered", f"{row.id} is None")
        yield Finding(Check.FAILURE, failure=empty)
        return
    number = as_array(got)
    numeric = number is not None and number.shape == () and number.dtype.kind in "iuf"
    if exercise.form == "choice":
        if number is not None and number.ndim == 0 and number.dtype.kind in "biuf":
            got = _choice(number, exercise.choices)
        formed = isinstance(got, (str, int, float, bool)) and got in exercise.choices
    else:
        whole = numeric and float(number) == np.round(float(number))  # type: ignore[arg-type]
        formed = numeric and (whole or exercise.form == "number")
    if not formed:
        choices = [repr(choice) for choice in exercise.choices]
        short = isinstance(got, (str, bool)) and len(str(got)) < 40
        shown = repr(got) if short else type_of(got)
        said = fact(f"answer.{exercise.form}", name=row.id, got=shown, choices=choices)
        yield Finding(Check.FORM, row.id, fact=said)
        return
    known = trial.expectation.outputs.get(row.id, {}).get(row.id)
    if known is None:
        return
    if exercise.form == "choice":
        right = got == known.value
    else:
        gap = abs(float(number) - float(known.value))  # type: ignore[arg-type]
        right = gap <= exercise.tolerance * abs(float(known.value))
    if not right:
        said = fact("answer.wrong", name=row.id)
        yield Finding(Check.ANSWER, row.id, fact=said, hidden=trial.hidden)


def _choice(number: np.ndarray, choices: tuple[Any, ...]) -> Any:
    """A NumPy number is the number; one of single precision means the choice that is nearest."""
    value = number.item()
    if number.dtype.kind == "f" and number.dtype.itemsize < 8:
        near = [c for c in choices if isinstance(c, float) and number.dtype.type(c) == number]
        return near[0] if len(near) == 1 else value
    return value


def _masked_or_plain(row: Row, trial: Trial) -> Iterator[Finding]:
    if is_random(trial):
        yield from judge_mask(row, trial)
    else:
        yield from outputs(row, trial)


CATALOGUE: dict[type[Exercise], tuple[Judge, ...]] = {
    Layer: (failure, _masked_or_plain, unchanged, quiet),
    Function: (failure, outputs, unchanged, quiet),
    Loss: (failure, outputs, unchanged, quiet),
    Sampler: (failure, judge_moments),
    Module: (failure, outputs, judge_moments, quiet),
    Expressions: (failure, outputs, quiet),
    Witness: (failure, outputs),
    Critic: (failure, outputs),
    Answer: (failure, answer),
    Text: (),
}


def findings(row: Row, trial: Trial) -> list[Finding]:
    """All that the catalogue finds on one row in one trial."""
    return [found for check in CATALOGUE[type(trial.exercise)] for found in check(row, trial)]
