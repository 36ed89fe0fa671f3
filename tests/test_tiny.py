"""The page that explains the engine says what the engine says."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from autograder import tiny
from autograder.course import load_course
from autograder.course.questions import public_questions
from autograder.explain import examine
from autograder.explain.known import mistake_of

SHAPES = {"x": "N D", "w": "D M", "b": "M"}
FUNCTIONS = ("affine_forward", "affine_backward")


@pytest.fixture(scope="module")
def layers(root: Path):
    return load_course(root).assignment("02_layers")


def layer(notebook, mistake=None):
    """The course's affine layer, perhaps with a mistake made in it."""
    namespace = {"np": np}
    for name in FUNCTIONS:
        source = notebook.sources[name]
        exec(mistake.apply(source) if mistake and mistake.function == name else source, namespace)
    return tuple(namespace[name] for name in FUNCTIONS)


def test_tiny_and_the_engine_agree_on_every_known_mistake_of_affine(layers) -> None:
    (questions,) = [q for q in public_questions(layers) if q[0].exercise.name == "affine"]
    bank = {m.name: m for m in questions[0].exercise.mistakes if m.function in FUNCTIONS}
    cases = tiny.make_cases(SHAPES, seed=1)
    assert all(tiny.judge(layer(layers), layer(layers), cases).values())
    mistaken = {name: layer(layers, mistake) for name, mistake in bank.items()}
    agreed = 0
    for name, mistake in bank.items():
        try:
            right = tiny.judge(mistaken[name], layer(layers), cases)
        except Exception:  # tiny has no word for code that raises; the engine has
            continue
        results = {r.id: r for r in examine(questions, layers.mistaken(mistake))}
        engine = results["affine_forward"].outputs | results["affine_backward"].outputs
        shown = [output for output, ok in right.items() if not ok]
        if not shown:  # it shows on cases that tiny does not have: more axes, odd sizes
            continue
        assert all(not engine[output] for output in shown)
        assert tiny.name_mistake(mistaken[name], mistaken, cases) in (name, None)
        assert mistake_of(results[mistake.function]) == {name}
        agreed += 1
    assert agreed >= 6


def test_the_page_is_a_page() -> None:
    assert len(inspect.getsource(tiny).splitlines()) <= 110
