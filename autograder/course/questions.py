"""The questions of a notebook, on public and on hidden cases, and the public data that ships."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache, cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

from autograder.course.bearing import relevant_mistakes
from autograder.course.notebook import Notebook
from autograder.course.patient import armed
from autograder.course.slips import derived_slips, released_slips
from autograder.errors import CourseError, DeclarationError
from autograder.exercises import Mistake
from autograder.exercises.interpreter import LocalRunner, undisturbed_randomness
from autograder.exercises.public import (
    FURTHER_SEED,
    PUBLIC_SEED,
    PublicData,
    decode_value,
    dump,
    load,
)
from autograder.exercises.script import Outcome, Script
from autograder.explain import Keep, Question, prepare, to_public
from autograder.explain.question import Measure

HIDDEN_ROUNDS = 2


def made_now(name: str, make: Callable[[], Any]) -> Any:
    """Keeps nothing."""
    return make()


@lru_cache(maxsize=32)
def public_questions(notebook: Notebook, keep: Keep = made_now) -> list[list[Question]]:
    """The questions that students can ask themselves: one list per exercise, in order.

    They know the derived slips that were released with the notebook as it is now, if any.

    Args:
        keep: Keeps what running the references and the mistakes gave.
    """
    asked = _questions(notebook, PUBLIC_SEED, 1, keep, hidden=False)
    slips = released_slips(notebook)
    return [
        [replace(q, slips=slips.get(q.exercise.name)) for q in questions] for questions in asked
    ]


@lru_cache(maxsize=32)
def hidden_questions(
    notebook: Notebook, secret_seed: str, student: str | None = None, keep: Keep = made_now
) -> list[list[Question]]:
    """The questions that only the grader asks: one list per exercise, in order.

    Args:
        student: Given, the cases are this student's own.
        keep: Keeps what running the references and the mistakes gave.
    """
    seed = secret_seed if student is None else f"{secret_seed}/{student}"
    return _questions(notebook, seed, HIDDEN_ROUNDS, keep, hidden=True)


@lru_cache(maxsize=64)
def further_question(notebook: Notebook, name: str) -> Question:
    """An exercise on cases of a seed of its own, to confirm what was found on the public ones.

    They bear on no grade, and nobody learns of them: whoever sees them is none the wiser.
    """
    exercise = next(exercise for exercise in notebook.exercises if exercise.name == name)
    return prepare(
        exercise, seed=FURTHER_SEED, reference=notebook.reference(), mistaken={}, hidden=False
    )


@undisturbed_randomness()
@armed()
def public_data(notebook: Notebook, keep: Keep = made_now) -> str:
    """The text of the public data that ships beside the notebook."""
    questions = [question for asked in public_questions(notebook, keep) for question in asked]
    slips = released_slips(notebook)
    stale = [
        question
        for question in questions
        if (known := slips.get(question.exercise.name)) is None
        or known.cases != {expectation.case.name for expectation in question.expectations}
    ]
    slips |= derived_slips(notebook, stale)
    exercises = tuple(
        to_public(replace(question, slips=slips.get(question.exercise.name)))
        for question in questions
    )
    return dump(PublicData(notebook.assignment, notebook.name, exercises))


def as_released(path: Path) -> Keep:
    """Keeps measured gradients as they were released, where the forward agrees with them.

    To measure them anew takes longer than all else that a release is made of.

    Args:
        path: The public data that was released.
    """
    try:
        data = load(path)
    except CourseError:
        return made_now
    released = {
        (public.exercise.name, mistake["name"]): mistake
        for public in data.exercises
        for mistake in public.mistakes
    }

    def keep(name: str, make: Callable[[], Any]) -> Any:
        if not isinstance(make, Measure):
            return make()
        try:
            follows = released[make.exercise.name, make.mistake]["follows"]
            raw = follows[make.expectation.case.name]
            found = {gradient: decode_value(value) for gradient, value in raw.items()}
        except (AttributeError, KeyError, TypeError, ValueError):  # not there, or damaged
            return make()
        return make.checked(found)

    return keep


class _Mistaken:
    """The runner of a mistake; its namespace is made when it is first asked."""

    def __init__(self, notebook: Notebook, mistake: Mistake) -> None:
        self._notebook, self._mistake = notebook, mistake

    @cached_property
    def _runner(self) -> LocalRunner:
        return self._notebook.mistaken(self._mistake)

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        return self._runner.run(script)


def _questions(
    notebook: Notebook, seed: str, rounds: int, keep: Keep, *, hidden: bool
) -> list[list[Question]]:
    reference = notebook.reference()
    runners: dict[Mistake, _Mistaken] = {}
    compose = cache(partial(_composed, notebook))
    asked = []
    for exercise in notebook.exercises:
        mistakes = relevant_mistakes(notebook, exercise)
        for mistake in mistakes:
            if mistake not in runners:
                runners[mistake] = _Mistaken(notebook, mistake)
        try:
            question = prepare(
                exercise,
                seed=seed,
                rounds=rounds,
                reference=reference,
                mistaken={mistake: runners[mistake] for mistake in mistakes},
                hidden=hidden,
                compose=compose,
                keep=partial(_named, keep, f"{exercise.name}.{'hidden' if hidden else 'public'}"),
            )
        except DeclarationError as error:
            raise CourseError(f"{notebook.path}: exercise {exercise.name}: {error}") from error
        asked.append([question])
    return asked


def _named(keep: Keep, of: str, part: str, make: Callable[[], Any]) -> Any:
    return keep(f"{of}.{part}", make)


def _composed(notebook: Notebook, made: frozenset[tuple[str, str]]) -> LocalRunner:
    every = (mistake for exercise in notebook.exercises for mistake in exercise.mistakes)
    return notebook.composed(m for m in every if (m.function, m.name) in made)
