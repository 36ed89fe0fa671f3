"""The page of the proof, and what counts as falling below it."""

import shutil
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.validation.proof import ExerciseProof
from autograder.validation.table import CourseProof, prove_course

SMALL = Path(__file__).parents[1] / "course" / "small"


def course(**changes):
    proof = ExerciseProof("affine", mistakes=9, named=9, mutants=20, caught=19, headroom=1e5)
    proof.equivalent = ["affine_forward, line 2: 1 -> 2"]
    for name, value in changes.items():
        setattr(proof, name, value)
    return CourseProof((("02_layers", (proof,)),))


def test_the_page_lists_every_exercise_and_every_equivalent_mutant():
    page = course().page()
    assert "| 02_layers | affine | 9 | 9 | 20 | 19 | 1 | 0 | 0 | 100000 × |" in page
    assert "- 02_layers, affine_forward, line 2: 1 -> 2" in page


def test_a_proof_that_reaches_its_page_has_not_fallen():
    assert course().fallen(course().page()) == []
    assert course().fallen("") == []


def test_falling_below_the_page_is_told():
    page = course().page()
    assert "8 mistakes are named" in course(named=8).fallen(page)[0]
    assert "18 mutants are caught" in course(caught=18).fallen(page)[0]
    assert "the course does not" in course(name="other").fallen(page)[0]


def test_problems_survivors_and_false_names_must_be_mended():
    assert course().problems == []
    bad = course(problems=["a"], survivors=["b"], false_names=["c"])
    assert [text.rpartition(": ")[2] for text in bad.problems] == ["a", "b", "c"]


def test_one_exercise_is_proven_told_at_once_and_held_to_its_own_part_of_the_page(tmp_path):
    root, told = shutil.copytree(SMALL, tmp_path / "course"), []
    proof = prove_course(root, ["small"], ["twice_exercise"], seeds=2, watch=told.append)
    assert [one.name for _, proofs in proof.notebooks for one in proofs] == ["twice_exercise"]
    (line,) = told
    assert line.startswith("twice_exercise: 1 of 1 mistakes named, ")
    assert "assignments/01_small/small.ipynb is missing; run `make release`" in proof.drift
    page = CourseProof(
        (("01_small", (ExerciseProof("scale"), ExerciseProof("twice_exercise", 3, 3))),)
    )
    (fallen,) = proof.fallen(page.page())
    assert "01_small, twice_exercise: 1 mistakes are named" in fallen
    with pytest.raises(CourseError, match=r"no exercise 'thrice' .* there are scale, twice_"):
        prove_course(root, ["small"], ["thrice"])
