"""A returned value is brought into form once, and is never larger than what is expected."""

import tracemalloc
from dataclasses import dataclass, field

import numpy as np
import pytest

from autograder.checks.compare import Expected, difference
from autograder.checks.trial import fitted, room
from autograder.exercises import Layer, arrays
from autograder.exercises.arrays import as_array
from autograder.exercises.exercise import Observed
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare

WANT = np.arange(6.0).reshape(2, 3)
MANY = [[0.5] * 300] * 300


@dataclass
class Expecting:
    """As much of an expectation as `fitted` looks at."""

    outputs: dict
    stages: dict = field(default_factory=dict)


def fit(value, want):
    seen = fitted("f", Observed({"y": value}), Expecting({"f": {"y": Expected(want)}}))
    return seen.outputs["y"], seen.listed


def parts(value):
    """How many Python objects or numbers it takes to look at a value."""
    if isinstance(value, np.ndarray):
        return value.size
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + sum(map(parts, value)) if isinstance(value, (list, tuple)) else 1


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (MANY, WANT),
        (MANY, 1.0),
        ([MANY], 1.0),
        ([[[MANY]]], 1.0),
        ([[1.0], [2.0] * 50_000], WANT),  # rows of different lengths
        (["x" * 1000] * 50_000, WANT),
        (np.zeros(10**6), WANT),
        ({str(k): 1.0 for k in range(50_000)}, WANT),
        ({"dw": WANT, **{str(k): 1.0 for k in range(50_000)}}, {"dw": WANT}),
        ({"dw": MANY}, {"dw": WANT}),
        (MANY, {"dw": WANT}),
        ([MANY, MANY], (WANT, WANT)),
        ([1.0] * 50_000, (WANT, WANT)),
        (MANY, "text"),
        (MANY, {"shape": np.array([2, 3]), "mean": 0.0, "std": 1.0}),
    ],
)
def test_what_is_too_large_is_kept_small(value, want):
    fit_value, _ = fit(value, want)
    assert parts(fit_value) < 1100
    if not isinstance(want, dict) or "shape" not in want:
        before, after = difference(value, Expected(want)), difference(fit_value, Expected(want))
        assert (before is None) == (after is None)
        if value is MANY and isinstance(want, np.ndarray):
            assert before == after


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (WANT.tolist(), WANT),
        ([*WANT], WANT),
        (tuple(map(tuple, WANT)), WANT),
        ([0.5], 0.5),
        ([[0.5]], 0.5),
        ([0.5, 1.0], 0.5),
        (3, 3),
        ([True, False], np.array([True, False])),
        ([1, 2], np.array([1, 2])),
        (WANT.T, WANT),
        ({"a": [1.0]}, {"a": np.ones(1), "b": np.ones(1)}),
        ([1.0, [2.0]], WANT),
        ("no", WANT),
        (None, WANT),
        ((1.0, 2.0, 3.0), (1.0, 2.0)),
    ],
)
def test_an_ordinary_value_is_judged_as_before(value, want):
    expected = Expected(want)
    assert difference(fit(value, want)[0], expected) == difference(value, expected)


def test_that_it_was_a_list_is_remembered():
    assert fit(WANT.tolist(), WANT)[1] == ("y",) and fit(WANT, WANT)[1] == ()


@pytest.mark.parametrize(
    "value", [["x" * 20_000] + [""] * 2_000, [["x" * 20_000], *[[""]] * 2_000], [1, "x" * 20_000]]
)
def test_types_come_before_sizes(value):
    """NumPy would make room for the longest text in every place."""
    tracemalloc.start()
    assert as_array(value) is None
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


class Roomy(LocalRunner):
    """Keeps how much room every script gives to an answer."""

    def __init__(self, names):
        super().__init__(names)
        self.rooms = []

    def run(self, script, ahead=()):
        self.rooms.append(script.room)
        return super().run(script)


@pytest.mark.parametrize(
    ("want", "nested"),
    [
        (np.ones((40, 50)), np.ones((40, 50)).tolist()),
        (np.ones((2000, 1)), np.ones((2000, 1)).tolist()),
        ({"shape": np.array([100, 100]), "mean": 0.0, "std": 1.0}, np.ones((100, 100)).tolist()),
        ({"w": np.ones((50, 50)), "b": 1.0}, {"w": np.ones((50, 50)).tolist(), "b": 1.0}),
        ((np.ones(5000), [np.ones(5000)] * 2), ([1.0] * 5000, [[1.0] * 5000] * 2)),
    ],
)
def test_there_is_room_for_an_answer_in_lists(want, nested):
    layer = Layer(
        forward, backward, name="scale", inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 4},
    )  # fmt: skip
    expecting = Expecting({"f": {"y": Expected(want)}})
    assert parts(nested) < room(layer, expecting) < 5 * parts(nested) + 1000


def forward(x, w):
    return x * w, (x, w)


def backward(dout, cache):
    return dout * cache[1], (dout * cache[0]).sum(axis=0)


def test_a_long_list_is_looked_at_once_a_case(monkeypatch):
    """Every comparison with a known mistake, a slip or a hypothesis looks at what it became."""
    layer = Layer(
        forward, backward, name="scale", inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 4},
    )  # fmt: skip
    reference = LocalRunner({"np": np, "forward": forward, "backward": backward})
    question = prepare(layer, reference=reference, mistaken={}, hidden=False)
    visits, true = 0, arrays._gather

    def gather(value, leaves):
        nonlocal visits
        visits += 1
        return true(value, leaves)

    monkeypatch.setattr(arrays, "_gather", gather)
    answers = {"forward": forward, "backward": lambda dout, cache: (MANY, MANY)}
    runner = Roomy(answers)
    results = {r.id: r for r in examine([question], runner)}
    assert results["backward"].score == 0
    assert max(runner.rooms) < 2000 < parts(MANY)
    assert visits < 1.1 * 2 * parts(MANY) * len(question.expectations)
