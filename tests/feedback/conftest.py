"""A small notebook of our own: its public data in a folder, and right answers as text."""

from pathlib import Path

import pytest

from autograder.exercises import Answer, Exercise, Function, Layer, replacement
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import PublicData, dump
from autograder.explain import prepare, to_public

RIGHT = """
import numpy as np

def scale_forward(x, w):
    return x * w, (x, w)

def scale_backward(dout, cache):
    x, w = cache
    return dout * w, (dout * x).sum(axis=0)

def double(x):
    return 2 * x

def fourfold(x):
    return double(double(x))

answer_zero = 37
"""

WRONG_BACKWARD = """
def scale_backward(dout, cache):
    x, w = cache
    return dout * w, (dout * x).mean(axis=0)
"""

WRONG_DOUBLE = "def double(x):\n    return 3 * x\n"

HINTS = ("The idea of it.", "Where to look for it.", "Almost the code of it.")


def namespace(*texts: str) -> dict[str, object]:
    own: dict[str, object] = {"__name__": "solved"}
    for text in texts:
        exec(compile(text, "<cells>", "exec"), own)
    return own


def exercises() -> list[Exercise]:
    dw_averaged = replacement(
        "scale_backward", WRONG_BACKWARD, name="dw_averaged", says="dw is a sum, not a mean."
    )
    tripled = replacement("double", WRONG_DOUBLE, name="tripled", says="That is three times x.")
    found: list[Exercise] = [
        Layer(
            "scale_forward",
            "scale_backward",
            name="scale",
            inputs={"x": "N D", "w": "D"},
            points={"forward": 1, "backward": 3},
            hints={"backward": HINTS},
            mistakes=[dw_averaged],
        ),
        Function("double", name="double", inputs={"x": "N"}, points=1, mistakes=[tripled]),
        Function("fourfold", name="fourfold", inputs={"x": "N"}, points=2, mistakes=[tripled]),
        Answer("answer_zero", name="answer_zero", form="integer", points=2),
    ]
    return found


def public_data(notebook: str = "small") -> PublicData:
    shown = []
    for exercise in exercises():
        mistaken = {m: LocalRunner(namespace(RIGHT, m.source)) for m in exercise.mistakes}
        question = prepare(
            exercise, reference=LocalRunner(namespace(RIGHT)), mistaken=mistaken, hidden=False
        )
        shown.append(to_public(question))
    return PublicData("99_small", notebook, tuple(shown))


@pytest.fixture(scope="session")
def public_text() -> str:
    return dump(public_data())


@pytest.fixture
def folder(tmp_path: Path, public_text: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with public data, which is the working directory."""
    (tmp_path / "small.check.json").write_text(public_text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    return tmp_path
