"""The catalogue: a row, a trial -> findings. Checks are pure; they call nothing of the student's.

One function for each named check. Which of them a row meets follows from the kind of its exercise,
never from its name. One check, the last, looks at all trials of a row together.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.compare import Difference, Expected, difference
from autograder.checks.finding import Check, Explanation, Finding, Source
from autograder.checks.masks import judge_draws, judge_mask, judge_moments
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import AGAIN, COUNTED
from autograder.exercises.exercise import Exercise, Observed, Row
from autograder.exercises.expressions import Expressions
from autograder.exercises.fact import fact, type_of
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Answer, Module, Text
from autograder.exercises.script import Failure
from autograder.exercises.tracing import watched_inputs
from autograder.exercises.witness import Critic, Witness

Judge = Callable[[Row, Trial], Iterator[Finding]]
ENOUGH = 2
"""In so many cases it must have been counted what was evaluated."""


def failure(row: Row, trial: Trial) -> Iterator[Finding]:
    """The function gave nothing: it is missing, raised, hung, or could not be run."""
    seen = trial.observed.get(row.id)
    if seen is None or seen.failure is None:
        return
    judged = trial.case.judged  # where few outputs are judged, no others are lost
    for output in [None] if judged is None else [name for name in row.outputs if name in judged]:
        yield trial.finding(Check.FAILURE, output, failure=seen.failure)


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
        wrong = trial.wrong(row.id, name)
        if wrong is None:
            yield from _listed(name, seen, expected, trial)
        elif seen.account is not None:  # the kind's own account, where one number says nothing
            trace = seen.traceback
            yield trial.finding(Check.ACCOUNT, name, fact=seen.account, traceback=trace)
        else:
            yield _compared(row, name, wrong, trial)
    if row.part == "backward" and trial.case.tie:
        yield from _shared_out(row, trial, seen.outputs)


def _shared_out(row: Row, trial: Trial, got: Mapping[str, Any]) -> Iterator[Finding]:
    """At a tie between inputs their gradients add up to one, however it is shared out."""
    expected = trial.expectation.outputs[row.id]
    names = [f"d{name}" for name in trial.exercise.ties if f"d{name}" in expected]
    values = [as_array(got[name]) for name in names]
    wants = [np.asarray(expected[name].value) for name in names]
    shapes = {want.shape for want in wants}
    if len(names) < 2 or len(shapes) > 1 or any(v is None or v.shape not in shapes for v in values):
        return
    total = Expected(np.sum(wants, axis=0), expected[names[0]].slack, expected[names[0]].scale)
    if difference(np.sum(values, axis=0), total) is not None:  # type: ignore[arg-type]
        said = fact("tie.sum", names=names)
        rest = fact("tie.rest", first=names[0], last=names[-1])
        told = Explanation(Source.CHECK, fact=rest)
        yield trial.finding(Check.GRADIENT, names[-1], fact=said, explanation=told)


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
    value, expected = trial.observed[row.id].outputs, trial.expectation.outputs[row.id][name]
    kept = wrong.of_form and value is not None and _keeps_an_axis(value[name], expected)
    return trial.finding(check, name, difference=wrong, kept_axis=kept)


def _keeps_an_axis(value: Any, expected: Expected) -> bool:
    """Whether the numbers are right, in an array with axes of length 1 too many."""
    got, want = as_array(value), expected.value
    if got is None or not isinstance(want, (np.ndarray, np.generic, float)):
        return False
    kept = got.ndim > np.ndim(want) and got.size == np.size(want)
    return kept and difference(got.reshape(np.shape(want)), expected) is None


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


def precise(row: Row, trial: Trial) -> Iterator[Finding]:
    """float32 stays float32 (a warning: the numbers are right, in twice the memory and time)."""
    seen, wanted = trial.observed.get(row.id), trial.case.precision
    if seen is None or seen.outputs is None or wanted == np.float64:
        return
    wide = [
        name
        for name, value in seen.outputs.items()
        if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.dtype != wanted
    ]
    if wide:
        got, kept = seen.outputs[wide[0]].dtype, str(wanted)
        said = fact("precision", row=row.id, names=wide, got=str(got), kept=kept)
        yield trial.finding(Check.PRECISION, fact=said, severity="warning")


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
    if trial.drops:
        yield from judge_mask(row, trial)
    else:
        yield from outputs(row, trial)


CATALOGUE: dict[type[Exercise], tuple[Judge, ...]] = {
    Layer: (failure, _masked_or_plain, unchanged, precise, quiet),
    Function: (failure, outputs, unchanged, precise, quiet),
    Loss: (failure, outputs, unchanged, quiet),
    Sampler: (failure, judge_moments, judge_draws),
    Module: (failure, outputs, judge_moments, judge_draws, quiet),
    Expressions: (failure, outputs, quiet),
    Witness: (failure, outputs),
    Critic: (failure, outputs),
    Answer: (failure, answer),
    Text: (),
}


def findings(row: Row, trial: Trial) -> list[Finding]:
    """All that the catalogue finds on one row in one trial."""
    return [found for check in CATALOGUE[type(trial.exercise)] for found in check(row, trial)]


def differencing(row: Row, trials: Sequence[Trial]) -> Iterator[Finding]:
    """A gradient is not measured by finite differences, in disguise.

    It counts as measured where all counted public cases show it, or all hidden ones.

    A finite difference evaluates a function at a point beside the input for every number that it
    moves, in the backward or, with the results kept, in the forward. So in every case that is
    counted at least P different points near an input of P numbers reach the functions of the
    answer, whatever the step, the formula, or the form in which they are handed over (a slope along
    one direction takes only as many as it has numbers itself). An analytic answer, however it
    loops, hands its functions the inputs themselves, their rows, or other arrays. Accuracy plays no
    part: a right answer in single precision is less accurate than a central difference.

    A deterrent, not a guarantee: what stands within an expression only is not seen.
    """
    if row.part == "forward":
        return
    for hidden in (False, True):  # what is known before may be answered by heart
        counted = {t: sizes for t in trials if t.hidden is hidden and (sizes := _counted(row, t))}
        if len(counted) < ENOUGH:
            continue
        everywhere = _measured_in_all(row, counted)
        if everywhere is None:
            yield Finding(Check.DIFFERENCING, fact=fact("differencing.off", row=row.id))
            return
        if everywhere:
            inputs = next(iter(counted)).case.inputs.items()
            names = [name for name, value in inputs for _ in watched_inputs([value])]
            which = min(everywhere)
            name = names[which] if which < len(names) else "an input"
            yield Finding(
                Check.DIFFERENCING, fact=fact("differencing.seems", row=row.id, input=name)
            )
            return


def _counted(row: Row, trial: Trial) -> list[int]:
    """The sizes of the inputs near which points were counted; none where nothing was."""
    seen = trial.observed.get(row.id)
    if trial.case.name not in COUNTED or seen is None or seen.failure is not None:
        return []
    return trial.expectation.counted(trial.exercise)


def _measured_in_all(row: Row, counted: Mapping[Trial, Sequence[int]]) -> set[int] | None:
    """The inputs near which a gradient was measured in every case.

    After a case in which nothing was, a child counts no more. None where counting was switched off.
    """
    everywhere = set[int](range(len(next(iter(counted.values())))))
    for trial, sizes in counted.items():
        measured = _measured(row, trial, sizes)
        if measured is None:
            return None
        everywhere &= measured
        if not everywhere:
            break
    return everywhere


def _measured(row: Row, trial: Trial, sizes: Sequence[int]) -> set[int] | None:
    """The inputs near which as many points were evaluated as a gradient of them has numbers.

    None where the counting was switched off.
    """
    most = math.inf  # a derived gradient may have fewer numbers than what it is taken by
    if getattr(trial.exercise, "derived", False):
        outputs = trial.expectation.outputs[row.id].values()
        most = max(np.size(one.value) for one in outputs)
    told = [seen.outcome.points for seen in trial.observed.values() if seen.outcome is not None]
    near = [points for points in told if points]  # of the function itself and of its forward
    if None in told or not near or any(len(points) != len(sizes) for points in near):
        return None
    return {k for k, of in enumerate(zip(*near)) if sum(of) >= min(sizes[k], most)}
