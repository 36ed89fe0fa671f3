"""What the proof asks of a mutant."""

from collections import defaultdict
from pathlib import Path

from autograder.course import load_course
from autograder.course.mutants import Mutant
from autograder.course.notebook import Notebook
from autograder.course.patient import Patient
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.script import Call, Script
from autograder.explain.known import mistake_of
from autograder.validation import proof

SMALL = Path(__file__).parents[1] / "course" / "small"


def test_a_mutant_meets_the_hidden_cases_unless_the_public_ones_settle_it(monkeypatch):
    real, asked = proof._examined, defaultdict(list)

    def watched(questions, runner):
        results = real(questions, runner)
        if isinstance(runner, Patient):
            asked[runner].append(([q.hidden for q in questions], results))
        return results

    monkeypatch.setattr(proof, "_examined", watched)
    for other in ("_prove_ends", "_prove_mistakes"):
        monkeypatch.setattr(proof, other, lambda *_: ())
    proof.prove(load_course(SMALL).assignment("01_small"), seeds=0)
    met = set()
    for (first, results), *further in asked.values():
        lost = any(result.score < result.points for result in results)
        named = any(map(mistake_of, results))
        assert first == [False]
        assert [sides for sides, _ in further][:1] == (
            [] if lost and not named else [[False, True]]
        )
        met.add((lost, named))
    assert met == {(True, True), (True, False), (False, False)}


def test_a_mutant_with_the_code_of_a_proven_mistake_is_not_run(monkeypatch):
    notebook = load_course(SMALL).assignment("01_small")
    exercise = next(e for e in notebook.exercises if e.mistakes)
    declared = exercise.mistakes[0]
    source = declared.apply(notebook.sources[declared.function])
    alike = Mutant(declared.function, 1, "alike", f"# in other words\n{source}")
    monkeypatch.setattr(proof, "_mutants_of", lambda *_: [alike])
    ran, real = [], Notebook.mistaken

    def mistaken(self, mistake):
        ran.append(mistake.name)
        return real(self, mistake)

    monkeypatch.setattr(Notebook, "mistaken", mistaken)

    def found():
        (one,) = proof.prove(notebook, [exercise.name], seeds=0)
        return one.mutants, one.caught, one.mutants_named, one.complaints

    assert found() == (1, 1, 1, [])
    assert "mutant" not in ran
    monkeypatch.setattr(proof, "_code", lambda source: object())
    assert found() == (1, 1, 1, [])
    assert "mutant" in ran


def test_a_mutant_waits_as_long_as_the_reference_takes_many_times_over():
    namespace = {"fast": lambda: 1, "endless": lambda: [None for _ in iter(int, 1)]}
    reference = Patient(LocalRunner(namespace))
    reference.took = {("fast",): 1e-5, ("slow",): 2e-3, ("slower",): 1.0, ("endless",): 1e-5}
    limits = reference.limits()
    assert limits["fast",] < limits["slow",] < limits["slower",]
    mutant = Patient(LocalRunner(namespace), limits=dict.fromkeys(limits, 0.01))
    kinds = [mutant.run(Script(0, (Call(name),)))[0].failure for name in ("fast", "endless")]
    assert kinds[0] is None
    assert kinds[1] is not None
    assert kinds[1].kind == "timeout"
