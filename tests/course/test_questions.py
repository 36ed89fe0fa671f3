import numpy as np

from autograder.course.bearing import relevant_mistakes
from autograder.course.questions import hidden_questions, public_questions
from autograder.explain import examine_all

SEED = "0123456789abcdef" * 4


def inputs(questions):
    return [
        np.asarray(getattr(e.case.inputs["x"], "array", e.case.inputs["x"])).tolist()
        for question in questions
        for e in question.expectations
    ]


def test_one_list_per_exercise_in_order(small):
    for asked in (public_questions(small), hidden_questions(small, SEED)):
        names = [question.exercise.name for (question,) in asked]
        assert names == [exercise.name for exercise in small.exercises]
    assert not any(question.hidden for (question,) in public_questions(small))
    assert all(question.hidden for (question,) in hidden_questions(small, SEED))


def test_questions_are_kept_for_the_process(small):
    assert public_questions(small) is public_questions(small)
    assert hidden_questions(small, SEED) is hidden_questions(small, SEED)


def test_hidden_cases_are_other_cases_and_twice_as_many(small):
    public, hidden = public_questions(small)[0], hidden_questions(small, SEED)[0]
    assert len(inputs(hidden)) > 1.5 * len(inputs(public))
    assert not any(x in inputs(public) for x in inputs(hidden))


def test_hidden_cases_depend_on_the_seed_and_on_the_student(small):
    kept = [
        inputs(hidden_questions(small, SEED, *student)[0]) for student in ((), ("ada",), ("bob",))
    ]
    other = inputs(hidden_questions(small, SEED[::-1])[0])
    assert len({str(x) for x in [*kept, other]}) == 4
    hidden_questions.cache_clear()
    assert inputs(hidden_questions(small, SEED, "ada")[0]) == kept[1]


def test_the_mistakes_of_functions_that_are_called_count_too(small):
    def names(row):
        return {m.name for m in relevant_mistakes(small, small.exercise(row))}

    assert names("twice") == {"minus", "doubled", "da_averaged"} - {"da_averaged"}
    assert names("scale_forward") == {"da_averaged", "doubled"}
    assert names("Counter") == set()


def test_the_reference_earns_everything_and_a_mistake_does_not(small):
    questions = [
        [*public, *hidden]
        for public, hidden in zip(public_questions(small), hidden_questions(small, SEED))
    ]
    right = examine_all(questions, small.reference())
    assert {r.id: r.status for r in right if not r.id.startswith("text")} == dict.fromkeys(
        ["scale_forward", "scale_backward", "twice", "Counter", "answer_small"], "right"
    )
    averaged = small.exercise("scale_backward").mistakes[0]
    wrong = {r.id: r for r in examine_all(questions, small.mistaken(averaged))}
    assert wrong["scale_backward"].score == 1.25
    assert wrong["twice"].status == "right"
    assert any(f.mistake == "da_averaged" for f in wrong["scale_backward"].findings)
