"""When two outputs are equal."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.checks.compare import Expected, difference
from autograder.checks.expected import expect
from autograder.exercises import Layer, make_cases, variant
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.script import Opaque

finite = st.floats(-1e4, 1e4, allow_nan=False)
arrays = hnp.arrays(float, hnp.array_shapes(max_dims=3, max_side=4), elements=finite)


@given(arrays)
def test_equal_values_do_not_differ_in_any_style(value):
    expected = Expected(value)
    assert difference(value.copy(), expected) is None
    assert difference(value.tolist(), expected) is None
    assert difference(np.asfortranarray(value), expected) is None


@given(arrays, st.integers(0, 10**6), st.sampled_from([1e-3, -1e-3, np.nan, np.inf]))
def test_one_wrong_entry_is_found_where_it_is(value, place, off):
    wrong = value.copy()
    index = np.unravel_index(place % value.size, value.shape)
    wrong[index] += off * max(1.0, float(np.abs(value).max()))
    found = difference(wrong, Expected(value))
    assert found is not None
    assert found.index == tuple(int(i) for i in index)


@pytest.mark.parametrize(
    ("got", "expected", "kind"),
    [
        (np.zeros((1, 3)), np.zeros(3), "shape"),
        (np.zeros((3, 1)), np.zeros(3), "shape"),
        (np.zeros(1), 0.0, "shape"),
        (None, np.zeros(3), "type"),
        ("3", 3.0, "type"),
        (Opaque("Tensor"), np.zeros(3), "type"),
        ([[1.0], [1.0, 2.0]], np.zeros((2, 2)), "type"),
        (np.zeros(3, complex), np.zeros(3), "dtype"),
        (np.array([0, 1]), np.array([False, True]), "dtype"),
        (np.array([0.0, 1.0]), np.array([0, 1]), "dtype"),
        ((1.0, 2.0), (1.0, 2.0, 3.0), "type"),
        ({"a": 1.0}, {"a": 1.0, "b": 2.0}, "missing"),
    ],
)
def test_a_wrong_form_is_told_apart(got, expected, kind):
    found = difference(got, Expected(expected))
    assert found is not None
    assert found.kind == kind


def test_ints_and_single_precision_count_by_their_values():
    assert difference(np.array([1, 2]), Expected(np.array([1.0, 2.0]))) is None
    assert difference(3, Expected(np.array(3))) is None
    assert difference(np.float32(0.5), Expected(0.5)) is None
    assert difference(10**400, Expected(1.0)) is not None


@pytest.mark.parametrize("wanted", [np.inf, -np.inf, np.nan])
def test_a_number_is_wrong_where_nan_or_infinity_is_right(wanted):
    want = Expected(np.array([1.0, wanted]))
    assert difference(np.array([1.0, wanted]), want) is None
    assert difference(np.array([1.0, 0.0]), want).expected == str(wanted)


def test_an_infinite_loss_is_right_only_where_it_may_be():
    assert difference(np.inf, Expected(900.0, infinite=True)) is None
    assert difference(np.inf, Expected(900.0)).kind == "finite"
    assert difference(-np.inf, Expected(900.0, infinite=True)) is not None


def test_at_ties_every_value_between_the_sides_is_right():
    expected = Expected(np.array([0.0, 2.0]), low=np.array([0.0, 2.0]), high=np.array([3.0, 2.0]))
    for right in (0.0, 1.5, 3.0):
        assert difference(np.array([right, 2.0]), expected) is None
    for wrong in (-0.1, 3.1):
        assert difference(np.array([wrong, 2.0]), expected) is not None


def first(best):
    return np.arange(best.size) == best.argmax()


@pytest.mark.parametrize(
    ("share", "right"),
    [
        (lambda best: best / best.sum(), True),
        (first, True),
        (lambda best: first(best[::-1])[::-1], True),
        (lambda best: 0.3 * first(best) + 0.7 * first(best[::-1])[::-1], True),
        (lambda best: best, False),
        (lambda best: 0 * best, False),
        (lambda best: best / best.size, False),
        (lambda best: 2 * first(best) - first(best[::-1])[::-1] if best.sum() > 1 else best, False),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_where_a_maximum_is_tied_the_shares_add_up(share, right, seed):
    """Every window may break its tie in its own way, but hands out what came in, once."""

    def pool(share):
        def forward(x):
            return np.array([x[i : i + 3].max() for i in (0, 1, 2)]), x

        def backward(dout, x):
            dx = np.zeros(x.shape)
            for i, up in enumerate(dout):
                window = x[i : i + 3]
                dx[i : i + 3] += up * share((window == window.max()) * 1.0)
            return dx

        return LocalRunner({"forward": forward, "backward": backward})

    x = np.array([7.0, 7.0, 2.0, 7.0, 7.0])
    layer = Layer(
        "forward", "backward", inputs={"x": "5"}, points={"backward": 1}, name="tied",
        variants={"tied": variant(x=x, tie="x")},
    )  # fmt: skip
    case = next(c for c in make_cases(layer, seed) if c.name == "tied")
    asked = expect(layer, case, pool(lambda best: best / best.sum()))
    got = layer.observe(asked.case, pool(share).run(layer.script(asked.case)))["backward"]
    found = difference(got.outputs["dx"], asked.outputs["backward"]["dx"])
    assert (found is None) == right


def test_numbers_whose_squares_overflow_are_compared():
    value = np.full(3, 1e200)
    assert difference(value, Expected(value)) is None
    assert difference(-value, Expected(value)) is not None


def test_nested_outputs_name_the_entry():
    expected = Expected({"W1": np.ones(2), "b": (1.0, 2.0)})
    found = difference({"W1": np.ones(2), "b": (1.0, 3.0)}, expected)
    assert found is not None
    assert found.where == ("b", 1)
