"""The catalogue: a row, a trial -> findings. Checks are pure; they call nothing of the student's.

Which checks a row meets follows from the kind of its exercise, never from its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from autograder.checks.compare import Difference, Expected, describe_type, difference
from autograder.checks.discreet import FAILED
from autograder.checks.finding import ACCOUNT, Finding
from autograder.checks.masks import is_random, judge_mask
from autograder.checks.moments import judge_moments
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import AGAIN
from autograder.exercises.critic import Critic
from autograder.exercises.exercise import Exercise, Observed, Row
from autograder.exercises.expressions import Expressions
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Answer, Module, Text
from autograder.exercises.script import Failure
from autograder.exercises.witness import Witness

Check = Callable[[Row, Trial], Iterator[Finding]]


def failure(row: Row, trial: Trial) -> Iterator[Finding]:
    """The function gave nothing: it is missing, raised, hung, or could not be run."""
    seen = trial.observed.get(row.id)
    if seen is None or seen.failure is None:
        return
    found: Failure = seen.failure
    if found.kind == "exception":
        message = f"{row.id} raised {found.type_name}: {found.message}"
    elif found.kind == "skipped":
        message = found.message
    elif found.kind in ("missing", "unanswered"):
        message = f"{row.id} {FAILED[found.kind]}"
    else:
        message = f"{row.id} {FAILED[found.kind]}: {found.message}"
    yield Finding(
        f"failure:{found.kind}",
        None,
        message,
        case=trial.case.name,
        hidden=trial.hidden,
        traceback=found.traceback,
    )


def outputs(row: Row, trial: Trial) -> Iterator[Finding]:
    """Every output has the right form, is finite, and equals what the reference gives."""
    seen = trial.observed.get(row.id)
    if seen is None or seen.failure is not None:
        return
    if seen.outputs is None:
        yield Finding("contract", None, seen.problem, case=trial.case.name, hidden=trial.hidden)
        return
    for name, expected in trial.expectation.outputs[row.id].items():
        if name in trial.exercise.drawn:
            continue
        value = seen.outputs[name]
        wrong = difference(value, expected)
        if wrong is None:
            yield from _listed(name, seen, expected, trial)
        elif seen.account:
            yield _told(name, seen, trial)
        elif wrong.kind in ("type", "shape", "dtype"):
            like = name[1:] if name.startswith("d") and name[1:] in trial.case.inputs else ""
            text = f"{name}{wrong.where} {wrong.text}{_shape_advice(value, expected.value, like)}"
            yield Finding("contract", name, text, case=trial.case.name, hidden=trial.hidden)
        elif trial.case.name == AGAIN:
            yield _compared("repeatability", name, wrong, trial)
        elif wrong.kind == "finite":
            yield _compared("finite", name, wrong, trial)
        else:
            yield _compared("gradient" if row.part == "backward" else "value", name, wrong, trial)


def _told(name: str, seen: Observed, trial: Trial) -> Finding:
    """The kind's own account of what it found, where one number says nothing."""
    where, trace = trial.case.name, seen.traceback
    return Finding(ACCOUNT, name, seen.account, case=where, hidden=trial.hidden, traceback=trace)


def _listed(name: str, seen: Observed, expected: Expected, trial: Trial) -> Iterator[Finding]:
    if name in seen.listed and isinstance(expected.value, np.ndarray):
        text = f"{name} is a list of numbers; an array would be better style"
        yield Finding("contract", name, text, "warning", case=trial.case.name, hidden=trial.hidden)


def unchanged(row: Row, trial: Trial) -> Iterator[Finding]:
    """The function left its arguments as they were (a warning: it changed no result)."""
    seen = trial.observed.get(row.id)
    if seen is None or not seen.changed:
        return
    names = ", ".join(seen.changed)
    text = f"{row.id} changes {names} in place; whoever called it may still need {names}"
    case, hidden = trial.case.name, trial.hidden
    yield Finding("inputs unchanged", None, text, "warning", case=case, hidden=hidden)


def quiet(row: Row, trial: Trial) -> Iterator[Finding]:
    """NumPy and Python warn of nothing where the reference raises no warning either."""
    seen = trial.observed.get(row.id)
    if seen is None or not seen.warnings or row.id not in trial.expectation.quiet:
        return
    text = f"{row.id} makes NumPy warn: {seen.warnings[0]}"
    yield Finding("warnings", None, text, "warning", case=trial.case.name, hidden=trial.hidden)


def answer(row: Row, trial: Trial) -> Iterator[Finding]:
    """An answer has the right form and, where the right value is known, is right."""
    exercise, seen = trial.exercise, trial.observed.get(row.id)
    assert isinstance(exercise, Answer)
    if seen is None or seen.outputs is None:
        return
    got = seen.outputs[row.id]
    if got is None:
        yield Finding("failure:unanswered", None, f"{row.id} is None: not answered yet")
        return
    number = as_array(got)
    numeric = number is not None and number.shape == () and number.dtype.kind in "iuf"
    if exercise.form == "choice":
        if number is not None and number.ndim == 0 and number.dtype.kind in "biuf":
            got = number.item()  # a NumPy number is the number
        formed = isinstance(got, (str, int, float, bool)) and got in exercise.choices
        wanted = f"one of {', '.join(map(repr, exercise.choices))}"
    else:
        whole = numeric and float(number) == np.round(float(number))  # type: ignore[arg-type]
        formed = numeric and (whole or exercise.form == "number")
        wanted = "a whole number" if exercise.form == "integer" else "a number"
    if not formed:
        short = isinstance(got, (str, bool)) and len(str(got)) < 40
        shown = repr(got) if short else describe_type(got)
        text = f"{row.id} is {shown}; expected {wanted}"
        yield Finding("form", row.id, text)
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
        yield Finding("answer", row.id, f"{row.id} is not the right answer", hidden=trial.hidden)


def _masked_or_plain(row: Row, trial: Trial) -> Iterator[Finding]:
    if is_random(trial):
        yield from judge_mask(row, trial)
    else:
        yield from outputs(row, trial)


CATALOGUE: dict[type[Exercise], tuple[Check, ...]] = {
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


def _compared(check: str, name: str, wrong: Difference, trial: Trial) -> Finding:
    """A finding with the place of the largest error."""
    label = f"{name}{wrong.where}"
    place = f" at {label}{list(wrong.index)}" if wrong.index else ""
    count, size = wrong.entries
    spread = f" in {count} of {size} entries" if 0 < count < size and size > 1 else ""
    got, expected = wrong.got, wrong.expected
    text = f"{label} {wrong.text}{spread}"
    if got is not None and expected is not None:
        text += f"{place}: got {got:z.6g}, expected {expected:z.6g}"
    return Finding(
        check,
        name,
        text,
        case=trial.case.name,
        hidden=trial.hidden,
        error=wrong.error,
        index=wrong.index,
        got=got,
        expected=expected,
    )


def _shape_advice(got: object, expected: object, of: str) -> str:
    """How the expected shape comes about; `of` is the input of that shape, or `""`."""
    have, want = as_array(got), np.asarray(expected) if not isinstance(expected, dict) else None
    if have is None or want is None or have.shape == want.shape:
        return ""
    like = f", the shape of {of}" if of else ""
    if have.shape == want.shape[::-1] and have.ndim == 2:
        return f"{like}. Is a transpose missing?"
    if have.size == want.size:
        return f"{like}. The numbers may fit: is a reshape missing, or keepdims too much?"
    if have.ndim > want.ndim:
        return f"{like}. Is a sum over an axis missing?"
    return f"{like}." if like else ""
