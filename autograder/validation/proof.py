"""The proof that a notebook's checks do their work: what must be right is, what is wrong is caught.

For every exercise, on public and on hidden cases: the gradients of the reference are those of its
forward (`references`), it earns everything and stays far below every tolerance, the untouched
starter earns nothing, each declared mistake loses its row and is named as itself, and every mutant
of the reference is caught or equivalent to it.
"""

import ast
import gc
import math
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from autograder.checks.finding import RowResult
from autograder.course.bearing import relevant_mistakes
from autograder.course.mutants import Mutant, mutants
from autograder.course.notebook import Notebook
from autograder.course.patient import Calls, Patient, armed
from autograder.course.questions import hidden_questions, made_now, public_questions
from autograder.exercises import Exercise, Mistake
from autograder.exercises.interpreter import undisturbed_randomness
from autograder.exercises.script import Failure, Outcome, Runner, Script
from autograder.explain import Question, examine_all, prepare
from autograder.explain.bank import Known
from autograder.explain.known import mistake_of
from autograder.explain.question import run_bank
from autograder.feedback.say import in_full
from autograder.validation.margins import headroom
from autograder.validation.references import wrong_gradients

SEED = "validation"
FRESH = "validation, fresh"


@dataclass
class ExerciseProof:
    """What was found for one exercise."""

    name: str
    mistakes: int = 0  # how many are declared
    named: int = 0  # how many of them are named as themselves on public and on hidden cases
    mutants: int = 0  # how many distinct mutants were tried
    caught: int = 0  # how many of them lost points
    # mutants that give what the reference gives on many further cases
    equivalent: list[str] = field(default_factory=list)
    # mutants that are neither caught nor equivalent
    survivors: list[str] = field(default_factory=list)
    # caught mutants that were given the name of a known mistake, or of a general hypothesis; the
    # slips derived from the reference are left out
    mutants_named: int = 0
    # of these, how many behave otherwise than that mistake on fresh cases
    false_names: list[str] = field(default_factory=list)
    # the least ratio of tolerance to the reference's own error over many seeds
    headroom: float = 0.0
    problems: list[str] = field(default_factory=list)  # what must be mended, in words

    @property
    def complaints(self) -> list[str]:
        """Everything that must be mended, in words; empty when the proof holds."""
        return [
            *self.problems,
            *(f"mutant not caught: {text}" for text in self.survivors),
            *(f"false name: {text}" for text in self.false_names),
        ]

    @property
    def line(self) -> str:
        """What was found, in a line."""
        room = "random" if math.isinf(self.headroom) else f"headroom {self.headroom:.0f} ×"
        return (
            f"{self.name}: {self.named} of {self.mistakes} mistakes named, "
            f"{self.caught} of {self.mutants} mutants caught, {len(self.equivalent)} equivalent, "
            f"{room}, {len(self.complaints) or 'no'} problem{'s' * (len(self.complaints) != 1)}"
        )


def prove(
    notebook: Notebook,
    exercises: Collection[str] = (),
    *,
    with_mutants: bool = True,
    seeds: int = 50,
    watch: Callable[[ExerciseProof], object] = lambda proof: None,
) -> list[ExerciseProof]:
    """Prove every exercise of a notebook; problems are collected, nothing is raised for them.

    Args:
        exercises: The names of the exercises to prove; all where none is named.
        watch: Is told each proof as soon as it is done.
    """
    often = gc.get_threshold()
    gc.set_threshold(50_000, 20, 100)  # to look through all cases takes as long as a mutant may
    try:
        with undisturbed_randomness(), armed():
            return _prove(notebook, exercises, with_mutants, seeds, watch)
    finally:
        gc.set_threshold(*often)


def _prove(
    notebook: Notebook,
    exercises: Collection[str],
    with_mutants: bool,
    seeds: int,
    watch: Callable[[ExerciseProof], object],
) -> list[ExerciseProof]:
    public = [[_judging(q) for q in asked] for asked in public_questions(notebook, made_now)]
    hidden = [[_judging(q) for q in asked] for asked in hidden_questions(notebook, SEED)]
    proofs = []
    for p, h in zip(public, hidden, strict=True):
        exercise = p[0].exercise
        if not exercise.functions or (exercises and exercise.name not in exercises):
            continue
        proof = ExerciseProof(exercise.name, mistakes=len(exercise.mistakes))
        reference = Patient(notebook.reference())
        _prove_ends(reference, (*p, *h), proof)
        proof.problems += wrong_gradients(exercise, (*p, *h), notebook.reference())
        limits = reference.limits()
        proven = _prove_mistakes(notebook, exercise, [p, h], limits, proof)
        if with_mutants:
            _prove_mutants(notebook, exercise, p, h, limits, proven, proof)
        if seeds:
            proof.headroom = headroom(exercise, notebook.reference(), seeds)
            if proof.headroom < 10:
                proof.problems.append(
                    f"the reference's own error comes within {proof.headroom:.1f} times of a "
                    "tolerance; it must stay ten times below"
                )
        watch(proof)
        proofs.append(proof)
    return proofs


def _judging(question: Question) -> Question:
    """A question without what only tells more of an answer that has lost.

    The derived slips are made of the same mutants, and would name them by themselves. What a
    backward keeps takes many evaluations of a mistaken forward, which has lost and has its name.
    """

    @cache
    def bank() -> tuple[Known, ...]:
        return tuple(replace(known, follows=lambda case: {}) for known in question.bank())

    return replace(question, bank=bank, slips=None)


def _examined(questions: Sequence[Question], runner: Runner) -> list[RowResult]:
    """The verdicts and the names, without what is noted beside them."""
    return examine_all([questions], runner, notes=False)


def _prove_ends(reference: Runner, questions: Sequence[Question], proof: ExerciseProof) -> None:
    for result in _examined(questions, reference):
        if result.score != result.points and result.status != "manual":
            proof.problems.append(f"the reference loses points on {result.id}: {_first(result)}")
    for result in _examined(questions, _Starter()):
        if result.score != 0:
            proof.problems.append(f"the starter earns {result.score:g} points on {result.id}")


def _prove_mistakes(
    notebook: Notebook,
    exercise: Exercise,
    sides: Sequence[Sequence[Question]],
    limits: Mapping[Calls, float],
    proof: ExerciseProof,
) -> set[str]:
    """Try every declared mistake; the code of those that are named as themselves."""
    proven = set()
    for mistake in exercise.mistakes:
        runner = Patient(notebook.mistaken(mistake), limits=limits)
        told = [_told(mistake, _examined(side, runner)) for side in sides]
        complaints = [complaint for complaint in told if complaint]
        proof.problems += list(dict.fromkeys(complaints))
        if not complaints:
            proof.named += 1
            proven.add(_code(mistake.apply(notebook.sources[mistake.function])))
    return proven


def _code(source: str) -> str:
    """The code of a function or class, however it is laid out."""
    return ast.unparse(ast.parse(source))


def _told(mistake: Mistake, results: Sequence[RowResult]) -> str:
    """What is wrong with the verdict on a declared mistake; empty when nothing is."""
    lost = [result for result in results if result.score < result.points]
    own = [result for result in lost if result.id == mistake.function]
    if not lost:  # a wrong cache shows in the backward only, so any row of the exercise will do
        return f"mistake {mistake.name!r} of {mistake.function} loses no points"
    for result in own or lost:
        names = mistake_of(result)
        if names != {mistake.name}:
            called = ", ".join(sorted(names)) or "nothing"
            return (
                f"mistake {mistake.name!r} of {mistake.function} is named {called} "
                f"on {result.id}: {_first(result)}"
            )
    return ""


def _prove_mutants(
    notebook: Notebook,
    exercise: Exercise,
    public: Sequence[Question],
    hidden: Sequence[Question],
    limits: Mapping[Calls, float],
    proven: Container[str],
    proof: ExerciseProof,
) -> None:
    """Try every mutant: on the hidden cases, too, where it loses nothing else or has a name.

    Args:
        proven: The code of declared mistakes that are caught and named: a mutant with the same is.
    """
    fresh = _fresh_cases(notebook, exercise)
    for mutant in _mutants_of(notebook, exercise):
        proof.mutants += 1
        if _code(mutant.source) in proven:
            proof.caught += 1
            proof.mutants_named += 1
            continue
        label = f"{mutant.function}, line {mutant.line}: {mutant.what}"
        mistake = Mistake(mutant.function, "mutant", "", source=mutant.source)
        try:
            runner = Patient(notebook.mistaken(mistake), limits=limits)
        except Exception:  # a mutant may break its own cell; then no student could run it either
            proof.caught += 1
            continue
        results = _examined(public, runner)
        if not _lost(results) or _names(results):
            results = _examined((*public, *hidden), runner)
        if _lost(results):
            proof.caught += 1
            names = _names(results)
            if names:
                proof.mutants_named += 1
                again = _examined([fresh(frozenset(names))], runner)
                if not names & _names(again):
                    proof.false_names.append(f"{label} is named {', '.join(sorted(names))}")
            continue
        if all(r.score == r.points for r in _examined([fresh(frozenset())], runner)):
            proof.equivalent.append(label)
        else:
            proof.survivors.append(label)


def _lost(results: Sequence[RowResult]) -> bool:
    return any(result.score < result.points for result in results)


def _names(results: Sequence[RowResult]) -> set[str]:
    return set().union(*(mistake_of(result) for result in results))


def _mutants_of(notebook: Notebook, exercise: Exercise) -> Iterator[Mutant]:
    for function in dict.fromkeys(row.id for row in exercise.rows):
        if function in notebook.sources:
            yield from mutants(notebook.sources[function], function)


def _fresh_cases(notebook: Notebook, exercise: Exercise) -> Callable[[frozenset[str]], Question]:
    """Many further cases, for telling equivalent mutants from survivors and names from chance.

    Returns:
        Names of mistakes -> the question that knows these: the others need not be run for it.
    """
    relevant = relevant_mistakes(notebook, exercise)

    @cache
    def unnamed() -> Question:
        reference = notebook.reference()
        return prepare(
            exercise, seed=FRESH, rounds=6, reference=reference, mistaken={}, hidden=True
        )

    @cache
    def known(mistake: Mistake) -> tuple[Known, ...]:
        mistaken = {mistake: notebook.mistaken(mistake)}
        return run_bank(exercise, unnamed().expectations, mistaken, made_now)

    @cache
    def fresh(names: frozenset[str]) -> Question:
        def bank() -> tuple[Known, ...]:
            return tuple(k for m in relevant if m.name in names for k in known(m))

        return _judging(replace(unnamed(), bank=bank))

    return fresh


def _first(result: RowResult) -> str:
    costly = [finding for finding in result.findings if finding.costs]
    return f"{in_full(costly[0], result.id)} ({costly[0].case})" if costly else result.status


class _Starter:
    """A namespace in which nothing is written yet."""

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        return [Outcome(failure=Failure("unanswered", "not written yet")) for _ in script.calls]
