"""A question: all that the one who asks knows about an exercise on a set of cases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

from autograder.checks.compare import Expected
from autograder.checks.expected import Expectation, expect
from autograder.exercises.cases import make_cases
from autograder.exercises.exercise import Exercise
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.mistakes import Mistake
from autograder.exercises.public import (
    PUBLIC_SEED,
    PublicExercise,
    decode_value,
    encode_value,
)
from autograder.exercises.script import Runner
from autograder.explain.bank import Known, run_mistake
from autograder.explain.mistaken import Compose, right_gradients
from autograder.explain.slips import Slips


@dataclass(frozen=True)
class Question:
    """An exercise, its cases with what is expected on them, and the bank of known mistakes.

    Args:
        compose: Makes the reference with several mistakes at once (the trusted side only).
        slips: The derived slips, which are known on the public cases only.
    """

    exercise: Exercise
    expectations: tuple[Expectation, ...]
    bank: tuple[Known, ...] = ()
    hidden: bool = False
    compose: Compose | None = None
    slips: Slips | None = None


def prepare(
    exercise: Exercise,
    *,
    seed: str = PUBLIC_SEED,
    rounds: int = 1,
    reference: Runner,
    mistaken: Mapping[Mistake, Runner],
    hidden: bool,
    compose: Compose | None = None,
) -> Question:
    """Run the reference and every known mistake on the cases of a seed (the trusted side).

    Raises:
        DeclarationError: When the reference fails on one of its own cases.
    """
    cases = make_cases(exercise, seed, rounds) if exercise.functions else []
    expectations = tuple(expect(exercise, case, reference) for case in cases)
    bank = []
    for mistake, runner in mistaken.items():
        known = run_mistake(mistake, exercise, expectations, runner)
        if known is None:
            continue
        if mistake.follow and mistake.function == getattr(exercise, "forward", None):
            follows = cache(partial(right_gradients, exercise, expectations, runner))
            known = replace(known, follows=follows)
        bank.append(known)
    return Question(exercise, expectations, tuple(bank), hidden, compose)


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
            "prints": known.prints,
            **({"keeps": known.keeps} if known.keeps else {}),
            "follows": {
                case: {name: encode_value(value) for name, value in gradients.items()}
                for case, gradients in known.follows().items()
            },
        }
        for known in question.bank
        if not secret
    )
    slips = question.slips.rows if question.slips is not None and not secret else {}
    shipped = {row: {name: dict(keys) for name, keys in of.items()} for row, of in slips.items()}
    return PublicExercise(question.exercise, cases, mistakes, shipped)


def from_public(public: PublicExercise) -> Question:
    """The question that public data stands for; its cases are drawn again from the public seed."""
    expectations = []
    for case in make_cases(public.exercise, PUBLIC_SEED) if public.exercise.functions else []:
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
            partial(_decode_follows, m["follows"]),
            m.get("keeps", 0.0),
        )
        for m in public.mistakes
    )
    return Question(public.exercise, tuple(expectations), bank, slips=Slips(public.slips))


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


def _decode_follows(follows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        case: {name: decode_value(value) for name, value in gradients.items()}
        for case, gradients in follows.items()
    }
