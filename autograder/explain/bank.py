"""The bank of known mistakes of an exercise: what each of them returns on the cases, as prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.checks.expected import Expectation
from autograder.exercises.exercise import Exercise, Observed
from autograder.exercises.fact import Fact
from autograder.exercises.mistakes import Mistake
from autograder.exercises.script import Runner
from autograder.explain.fingerprints import agree, fingerprint

OfCase = dict[str, dict[str, Any]]
"""What came of a case: row id -> output name -> fingerprint."""

Key = tuple[str, str]
"""The function in which a mistake is made, and its name."""


@dataclass(frozen=True)
class Prints(Mapping[str, OfCase]):
    """Case name -> what a mistake gives on it; all cases are run once one of the later is asked.

    Args:
        begun: The first cases, up to one on which the mistake shows: it tells most mistakes apart.
        whole: Gives all of them.
    """

    begun: dict[str, OfCase]
    whole: Callable[[], dict[str, OfCase]]

    def __getitem__(self, case: str) -> OfCase:
        return self.begun[case] if case in self.begun else self.whole()[case]

    def __iter__(self) -> Iterator[str]:
        return iter(self.whole())

    def __len__(self) -> int:
        return len(self.whole())


@dataclass(frozen=True)
class Known:
    """A known mistake, as a student's outputs can be matched with it.

    Args:
        function: The function that is wrong; it may belong to another exercise that calls it.
        prints: What every output is on every case, when the mistake is made.
        follows: For mistakes with follow-through: name of a case -> gradient name -> the right
            gradient of the mistaken forward. It costs many evaluations, so it is asked when needed.
        keeps: The share of its row that it keeps where nothing else is wrong.
    """

    function: str
    name: str
    says: str
    prints: Mapping[str, OfCase]
    follows: Callable[[str], dict[str, Any]] = lambda case: {}
    keeps: float = 0.0


def prints_of(observed: Mapping[str, Observed]) -> OfCase:
    """Row id -> output name -> fingerprint; a failure or a wrong form is one print."""
    found: OfCase = {}
    for row, seen in observed.items():
        if seen.failure is not None:
            found[row] = {"": f"{seen.failure.kind}: {seen.failure.type_name}"}
        elif seen.outputs is None:
            found[row] = {"": _sign(seen.problem) if seen.problem is not None else ""}
        else:
            found[row] = {name: fingerprint(value) for name, value in seen.outputs.items()}
    return found


def _sign(problem: Fact) -> str:
    """What a problem of form is recognised by: no number or shape of one answer only."""
    parts = [problem.name]
    for key, value in problem.values.items():
        told = value if isinstance(value, list) else [value]
        if key == "count" or (key != "error" and all(isinstance(v, (str, Fact)) for v in told)):
            parts += [_sign(v) if isinstance(v, Fact) else str(v) for v in told]
    return " ".join(parts)


def run_mistake(
    mistake: Mistake, exercise: Exercise, expectations: Sequence[Expectation], runner: Runner
) -> Iterator[tuple[str, OfCase]]:
    """Run a mistake on one case after the other: name of the case, what came of it."""
    for expectation in expectations:
        case = expectation.case
        if case.judged and set(case.judged) <= set(mistake.endless):
            yield case.name, {row: {"": "timeout: "} for row in expectation.outputs}
        else:
            observed = exercise.observe(case, runner.run(exercise.script(case).uncounted()))
            yield case.name, prints_of(observed)


def until_it_shows(
    ran: Iterator[tuple[str, OfCase]], expectations: Sequence[Expectation]
) -> dict[str, OfCase] | None:
    """What a mistake gives up to the case on which it shows; None where it shows on none."""
    begun: dict[str, OfCase] = {}
    for (case, prints), expectation in zip(ran, expectations, strict=True):
        begun[case] = prints
        if _differs(prints, expectation):
            return begun
    return None


def _differs(prints: Mapping[str, Mapping[str, Any]], expectation: Expectation) -> bool:
    for row, outputs in expectation.outputs.items():
        for name, expected in outputs.items():
            seen = prints.get(row, {}).get(name)
            right = fingerprint(expected.value)
            if seen is None or not agree(seen, right, expected.slack, expected.scale):
                return True
    return False
