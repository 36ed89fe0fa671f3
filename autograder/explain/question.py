"""A question: all that one knows about an exercise on a set of cases; and what came of asking."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, fields, replace
from functools import cache, partial
from types import MappingProxyType
from typing import Any

import numpy as np

from autograder.checks.compare import ENTRY, Expected
from autograder.checks.expected import Expectation, expect
from autograder.checks.finding import Explanation, RowResult
from autograder.checks.trial import Trial
from autograder.exercises.arrays import leaves, mapped, places
from autograder.exercises.cases import Case, make_cases
from autograder.exercises.exercise import Exercise, Mistake
from autograder.exercises.interpreter import undisturbed_randomness
from autograder.exercises.kinds import Layer
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.public import PUBLIC_SEED, PublicExercise, decode_value, encode_value
from autograder.exercises.script import Runner, plain
from autograder.explain.bank import Key, Known, OfCase, Prints, run_mistake, until_it_shows
from autograder.explain.slips import Slips

Compose = Callable[[frozenset[tuple[str, str]]], Runner]
"""From (function, name of a mistake) pairs to the reference in which all of them were made."""


def right_gradients(
    exercise: Exercise,
    expectation: Expectation,
    mistaken: Runner,
    known: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """The right gradients of a mistaken forward on a case, measured numerically.

    Args:
        known: Those of single arrays, such as `dx` or `dparams['W1']`, that need no measuring.

    Returns:
        Gradient name -> array, or a tree of them; empty where nothing can be measured.
    """
    from autograder.checks.own_forward import Forward  # no part of the sandboxed child
    from autograder.numerical import GradcheckError, numerical_gradients

    case = expectation.case
    if not isinstance(exercise, Layer) or exercise.backward not in expectation.outputs:
        return {}
    keys = [name[1:] for name in expectation.outputs[exercise.backward]]
    if not measured(case) or any(key not in case.inputs for key in keys):
        return {}
    inputs = {key: mapped(plain, case.inputs[key]) for key in keys}
    arrays = [np.asarray(leaf, float) for leaf in leaves(inputs)]
    names = [name for key, tree in inputs.items() for name in places(tree, f"d{key}")]
    upstream = case.upstream if len(case.upstream) > 1 else case.upstream[0]
    try:
        forward = Forward(exercise, case, mistaken, keys)
        found = numerical_gradients(forward, arrays, upstream, [n not in known for n in names])
    except GradcheckError:
        return {}
    # Where the forward is not finite nothing is known; an infinite input moves nothing, else.
    new = {name: (one, x) for name, one, x in zip(names, found, arrays) if name not in known}
    lost = any(np.isinf(one.bound[np.isfinite(x)]).any() for one, x in new.values())
    every = {**known} | {
        name: np.where(np.isinf(one.bound) & (np.isfinite(x) | lost), np.nan, one.gradient)
        for name, (one, x) in new.items()
    }
    left = (every[name] for name in names)
    return {f"d{key}": mapped(lambda _: next(left), tree) for key, tree in inputs.items()}


@dataclass(frozen=True, eq=False)
class Measure:
    """Measures the right gradients of a mistaken forward on a case, or checks known ones."""

    exercise: Exercise
    expectation: Expectation
    mistaken: Runner
    mistake: str

    def __call__(self) -> dict[str, Any]:
        return right_gradients(self.exercise, self.expectation, self.mistaken)

    def checked(self, gradients: dict[str, Any]) -> dict[str, Any]:
        """The gradients; those of arrays with which the forward does not agree measured anew.

        It is asked along random lines, which are few evaluations.
        """
        from autograder.checks.own_forward import against_forward  # as above

        case = self.expectation.case
        wanted = self.expectation.outputs.get(getattr(self.exercise, "backward", ""), {})
        if gradients.keys() != wanted.keys():
            return self()
        report = against_forward(self.exercise, case, self.mistaken, gradients)
        if report is None:
            return self()
        if report.verdict == "pass":
            return gradients
        # Less certain than a pass will do, where nothing was seen against it.
        agreed = {
            name
            for name, one in report.arrays.items()
            if one.verdict == "pass" or max(one.certified, one.found) <= ENTRY
        }
        names = (name for key, tree in gradients.items() for name in places(tree, key))
        known = {n: leaf for n, leaf in zip(names, leaves(gradients)) if n in agreed}
        return right_gradients(self.exercise, self.expectation, self.mistaken, known)


def measured(case: Case) -> bool:
    """Whether numerical gradients of a case are exact enough to judge by."""
    return bool(case.upstream) and not case.tie and case.precision == np.float64


Outputs = Set[str | None]
"""Outputs by their names; None is the whole row."""
Explained = dict[str | None, Explanation | None]
"""Output -> what it looks like."""
Keep = Callable[[str, Callable[[], Any]], Any]
"""A name, and what makes a value of plain data -> the value, as it was kept or made now."""


@dataclass(frozen=True)
class Question:
    """An exercise, its cases with what is expected on them, and the bank of known mistakes.

    Args:
        bank: Gives the known mistakes; it may take long, so it is called when a row is not right.
        compose: Makes the reference with several mistakes at once (the trusted side only).
        slips: The derived slips, which are known on the public cases only.
    """

    exercise: Exercise
    expectations: tuple[Expectation, ...]
    bank: Callable[[], tuple[Known, ...]] = tuple
    hidden: bool = False
    compose: Compose | None = None
    slips: Slips | None = None


@dataclass(eq=False)
class Asked:
    """The questions about one exercise, each on cases of its own, with their trials.

    Args:
        trials: Public ones first.
        runner: Whose namespace it is, for explanations that call a function again.
        results: The verdicts so far, of the whole notebook.
    """

    exercise: Exercise
    questions: Sequence[Question]
    trials: list[Trial]
    runner: Runner
    results: dict[str, RowResult] = field(default_factory=dict)
    _known: dict[bool, dict[Key, Known]] = field(default_factory=dict, repr=False)

    def known(self, hidden: bool) -> dict[Key, Known]:
        """(Function, name) -> the known mistake, on the public or on the hidden cases."""
        if hidden not in self._known:
            bank = (known for q in self.questions if q.hidden == hidden for known in q.bank())
            self._known[hidden] = {(known.function, known.name): known for known in bank}
        return self._known[hidden]

    def find(self, key: Key, trial: Trial) -> Known | None:
        """A known mistake as it shows on the case of a trial."""
        return self.known(trial.hidden).get(key)

    def on(self, row: str, output: str) -> list[Trial]:
        """The trials in which an output of a row was judged."""
        return [t for t in self.trials if t.case.judges(output) and row in t.observed]


@undisturbed_randomness()
def prepare(
    exercise: Exercise,
    *,
    seed: str = PUBLIC_SEED,
    rounds: int = 1,
    reference: Runner,
    mistaken: Mapping[Mistake, Runner],
    hidden: bool,
    compose: Compose | None = None,
    keep: Keep = lambda name, make: make(),
) -> Question:
    """Run the reference on the cases of a seed, and every known mistake once a row is not right.

    Args:
        keep: Keeps what came of them.

    Raises:
        DeclarationError: When the reference fails on one of its own cases.
    """
    cases = make_cases(exercise, seed, rounds) if exercise.functions else []

    def run_reference() -> list[Any]:
        return [_as_plain(expect(exercise, case, reference)) for case in cases]

    plain = keep("expected", run_reference) if cases else []
    expectations = tuple(_as_expectation(*of) for of in zip(cases, plain, strict=True))
    bank = cache(partial(run_bank, exercise, expectations, mistaken, keep))
    return Question(exercise, expectations, bank, hidden, compose)


def run_bank(
    exercise: Exercise,
    expectations: Sequence[Expectation],
    mistaken: Mapping[Mistake, Runner],
    keep: Keep,
) -> tuple[Known, ...]:
    """The known mistakes that show on the cases; all of these are run once one is asked for."""

    def begin() -> list[dict[str, OfCase] | None]:
        return [
            until_it_shows(run_mistake(one, exercise, expectations, by), expectations)
            for one, by in mistaken.items()
        ]

    bank = []
    for (mistake, runner), begun in zip(
        mistaken.items(), keep("bank", begin) if mistaken else [], strict=True
    ):
        if begun is None:
            continue
        run = partial(_ran, mistake, exercise, expectations, runner, begun)
        whole = cache(partial(keep, f"bank.{mistake.function}.{mistake.name}", run))
        prints = Prints(begun, whole)
        known = Known(mistake.function, mistake.name, mistake.says, prints, keeps=mistake.keeps)
        if mistake.follow and mistake.function == getattr(exercise, "forward", None):
            follows = partial(_follows, exercise, expectations, known, runner, keep)
            known = replace(known, follows=cache(follows))
        bank.append(known)
    return tuple(bank)


def _ran(
    mistake: Mistake,
    exercise: Exercise,
    expectations: Sequence[Expectation],
    runner: Runner,
    begun: dict[str, OfCase],
) -> dict[str, OfCase]:
    """What a mistake gives on all cases; it was begun on the first of them."""
    return begun | dict(run_mistake(mistake, exercise, expectations[len(begun) :], runner))


def _follows(
    exercise: Exercise,
    expectations: Sequence[Expectation],
    known: Known,
    mistaken: Runner,
    keep: Keep,
    case: str,
) -> dict[str, Any]:
    """The right gradients of a mistaken forward on a case; {} where none can be measured."""
    if any("" in of.get(known.function, {}) for of in known.prints.values()):
        return {}  # it fails somewhere
    for number, one in enumerate(expectations):
        if one.case.name == case:
            measure = Measure(exercise, one, mistaken, known.name)
            return keep(f"follows.{known.name}.{number}", measure)
    return {}


def _as_plain(made: Expectation) -> list[Any]:
    """An expectation as plain data; its case is drawn again."""
    outputs = {
        row: {name: _fields(one) for name, one in of.items()} for row, of in made.outputs.items()
    }
    stages = {name: _fields(one) for name, one in made.stages.items()}
    return [made.shapes, outputs, made.quiet, stages]


def _as_expectation(case: Case, plain: Sequence[Any]) -> Expectation:
    shapes, outputs, quiet, stages = plain
    return Expectation(
        case.with_upstream(shapes) if shapes else case,
        shapes,
        {row: {name: Expected(*one) for name, one in of.items()} for row, of in outputs.items()},
        quiet,
        {name: Expected(*one) for name, one in stages.items()},
    )


def _fields(expected: Expected) -> tuple[Any, ...]:
    return tuple(getattr(expected, field.name) for field in fields(expected))


def to_public(question: Question) -> PublicExercise:
    """What may ship to students of a question on public cases: no answer, no mistake's code."""
    secret = isinstance(question.exercise, Answer)
    cases = {
        e.case.name: {
            "upstream": [list(shape) for shape in e.shapes],
            "quiet": list(e.quiet),
            "stages": {name: _encode(x) for name, x in e.stages.items()},
            "expected": {} if secret else {
                row: {name: _encode(x) for name, x in outputs.items()}
                for row, outputs in e.outputs.items()
            },
        }
        for e in question.expectations
    }  # fmt: skip
    mistakes = tuple(
        {
            "function": known.function,
            "name": known.name,
            "says": known.says,
            "prints": dict(known.prints),
            **({"keeps": known.keeps} if known.keeps else {}),
            "follows": {
                e.case.name: {name: encode_value(value) for name, value in gradients.items()}
                for e in question.expectations
                if (gradients := known.follows(e.case.name))
            },
        }
        for known in question.bank()
        if not secret
    )
    slips = question.slips if question.slips is not None and not secret else Slips()
    rows = {row: {name: dict(keys) for name, keys in of.items()} for row, of in slips.rows.items()}
    return PublicExercise(question.exercise, cases, mistakes, rows, slips.made_from)


def from_public(public: PublicExercise, seed: str = PUBLIC_SEED) -> Question:
    """The question that public data stands for; its cases are drawn again from their seed."""
    expectations = []
    for case in make_cases(public.exercise, seed) if public.exercise.functions else []:
        stored = public.cases.get(case.name)
        if stored is None:
            continue
        shapes = tuple(tuple(shape) for shape in stored["upstream"])
        outputs = {
            row: {name: _decode(x, case.allow_infinite) for name, x in values.items()}
            for row, values in stored["expected"].items()
        }
        ready = case.with_upstream(shapes) if shapes else case
        stages = {name: _decode(x, False) for name, x in stored.get("stages", {}).items()}
        quiet = tuple(stored["quiet"])
        expectations.append(Expectation(ready, shapes, outputs, quiet, stages))
    bank = tuple(
        Known(
            m["function"],
            m["name"],
            m["says"],
            m["prints"],
            cache(partial(_decode_follows, m["follows"])),
            m.get("keeps", 0.0),
        )
        for m in public.mistakes
    )
    slips = Slips(public.slips, frozenset(public.cases), public.slips_of)
    return Question(public.exercise, tuple(expectations), lambda: bank, slips=slips)


def _encode(expected: Expected) -> dict[str, Any]:
    body = {"value": encode_value(expected.value), "slack": float(f"{expected.slack:.3g}")}
    body["scale"] = float(f"{expected.scale:.12g}")
    if expected.low is not None:
        body["low"], body["high"] = encode_value(expected.low), encode_value(expected.high)
    if expected.shared:
        body["shared"] = True
    return body


def _decode(body: Mapping[str, Any], infinite: bool) -> Expected:
    low, high = (decode_value(body[key]) if key in body else None for key in ("low", "high"))
    value = decode_value(body["value"])
    shared = body.get("shared", False)
    return Expected(value, body["slack"], body["scale"], low, high, infinite, shared)


def _decode_follows(follows: Mapping[str, Mapping[str, Any]], case: str) -> dict[str, Any]:
    return {name: decode_value(value) for name, value in follows.get(case, {}).items()}
