"""Slips are derived from a notebook's reference, shipped as keys, and read again when grading."""

import ast
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.course.mutants import mutants, places, replaced
from autograder.course.notebook import load_notebook
from autograder.course.questions import public_data, public_questions
from autograder.course.rewrites import rewrites
from autograder.course.slip_operators import CONFUSED, VALUES
from autograder.course.slips import (
    derived_slips,
    label_of,
    released_slips,
    slips_of,
)
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine
from autograder.explain.known import mistake_of
from autograder.feedback.say import advice

NOTEBOOK = '''# %% [markdown]
# # Small
#
# A layer.

# %%
import numpy as np

from autograder import check

# %%
def shift_forward(x, w):
    """Add a weight to the squares.

    Args:
        x: Shape (N, D).
        w: Shape (D,).

    Returns:
        out: Shape (N, D).
        cache: For the backward pass.
    """
    ### BEGIN SOLUTION
    out = x**2 * w
    cache = (x, w)
    ### END SOLUTION
    return out, cache


# %%
def shift_backward(dout, cache):
    """Send the gradient back.

    Args:
        dout: Shape (N, D).
        cache: From the forward pass.

    Returns:
        dx: Shape (N, D).
        dw: Shape (D,).
    """
    ### BEGIN SOLUTION
    x, w = cache
    dsquare = dout * w
    dx = 2 * x * dsquare
    dw = (dout * x**2).sum(axis=0)
    ### END SOLUTION
    return dx, dw


# %% tags=["instructor"]
from autograder.exercises import Layer

shift = Layer(
    shift_forward,
    shift_backward,
    inputs={"x": "N D", "w": "D"},
    points={"forward": 1, "backward": 2},
    stages=("dsquare",),
    hints={
        "forward": ("One.", "Two.", "Three."),
        "backward": ("One.", "Two.", "Three."),
    },
)
'''
STUDENT = """
import numpy as np
def shift_forward(x, w):
    return w * x * x, {"x": x, "w": w}
def shift_backward(dout, c):
    grad = np.zeros(c["w"].shape)
    for up, row in zip(dout, c["x"]):
        grad += up * row * row
    return 2 * c["x"] * c["w"] * dout, grad
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("course") / "solutions" / "01_small" / "small.py"
    path.parent.mkdir(parents=True)
    path.write_text(NOTEBOOK, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def released(source) -> Path:
    """The source again, now with its public data in assignments/."""
    folder = source.parent.parent.parent / "assignments" / "01_small"
    folder.mkdir(parents=True)
    text = public_data(load_notebook(source))
    (folder / "small.check.json").write_text(text, encoding="utf-8")
    return source


def names(questions, *change):
    student = STUDENT.replace(*change) if change else STUDENT
    namespace = {}
    exec(student, namespace)
    result = examine(questions, LocalRunner(namespace))[1]
    return mistake_of(result), [advice(f.explanation) for f in result.findings if f.mistake]


def test_a_released_notebook_names_slips_in_another_style(released):
    (questions,) = public_questions(load_notebook(released))
    assert names(questions) == (set(), [])
    named, says = names(questions, "* dout, grad", ", grad")
    assert named == {"slip:lost_factor"}
    assert "dsquare" in says[0]
    assert names(questions, "grad += up", "grad = up")[0] == {"slip:assignment_for_accumulation"}


def test_slips_of_another_state_of_the_notebook_are_not_used(released):
    notebook = load_notebook(released)
    assert set(released_slips(notebook)) == {"shift"}
    changed = {name: text.replace("2 * x", "2.0 * x") for name, text in notebook.sources.items()}
    assert released_slips(replace(notebook, sources=changed)) == {}


CHANGES = {
    "prose": ("A layer.", "One layer.", True),
    "a hint": ('"One."', '"First."', True),
    "points": ('"forward": 1,', '"forward": 3,', True),
    "a case more": (
        "points=",
        'variants={"far": variant(x=array("N D", offset=9))}, points=',
        True,
    ),
    "a case less": ("points=", 'without=("square shapes",), points=', False),
    "other inputs": ('"N D"', 'array("N D", scale=2)', False),
    "another reference": ("2 * x * dsquare", "2.0 * x * dsquare", False),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_makes_the_released_slips_stale(released, change):
    before = released.read_text(encoding="utf-8")
    old, new, kept = change
    text = before.replace("import Layer", "import Layer, array, variant").replace(old, new)
    released.write_text(text, encoding="utf-8")
    try:
        (questions,) = public_questions(load_notebook(released))
    finally:
        released.write_text(before, encoding="utf-8")
    named, _ = names(questions, "* dout, grad", ", grad")
    assert ("slip:lost_factor" in named) is kept


def test_a_damaged_release_is_no_error(released):
    path = released.parent.parent.parent / "assignments" / "01_small" / "small.check.json"
    kept = path.read_text(encoding="utf-8")
    path.write_text("not json", encoding="utf-8")
    try:
        assert released_slips(load_notebook(released)) == {}
    finally:
        path.write_text(kept, encoding="utf-8")


def test_a_release_gives_the_same_bytes_again(released):
    path = released.parent.parent.parent / "assignments" / "01_small" / "small.check.json"
    assert public_data(load_notebook(released)) == path.read_text(encoding="utf-8")


def test_the_reference_is_not_to_be_read_from_what_ships(released):
    notebook = load_notebook(released)
    text = public_data(notebook)
    for line in notebook.sources["shift_backward"].split("\n"):
        assert line.strip() not in text or len(line.strip()) < 8


def test_where_an_endless_slip_could_not_be_stopped_none_is_derived(source):
    notebook = load_notebook(source)
    questions = [q for asked in public_questions(notebook) for q in asked]
    found = []
    thread = threading.Thread(target=lambda: found.append(derived_slips(notebook, questions)))
    thread.start()
    thread.join()
    assert found == [{}]


def test_the_plainest_slip_explains():
    assert label_of({(0, "sign", ""), (2, "wrong_name", "")}) == "sign"
    assert label_of({(0, "sign", ""), (0, "axis", "")}) is None
    assert label_of({(1, "power", "dz"), (1, "inverse", "dz")}) == "factor@dz"
    assert label_of({(0, "sign", "dz"), (0, "sign", "")}) == "sign"


SOURCE = """
def f(dout, cache):
    x, s = cache
    dx = dout * s * (1 - s)
    total = (x**3).mean(axis=0)
    for t in range(3):
        total -= x[t] @ s[t]
    return dx, total
"""


def test_slips_are_distinct_and_differ_from_the_function():
    texts = [mutant.source for _, mutant in slips_of(SOURCE, "f")]
    assert len(set(texts)) == len(texts) > 100
    assert ast.unparse(ast.parse(SOURCE)) not in texts


def test_values_axes_loops_and_names_slip():
    kinds = {m.what: m.kind for m in mutants(SOURCE, "f", (*VALUES, *CONFUSED))}
    assert kinds["negated"] == "sign"
    assert kinds["over N"] == "mean_for_sum"
    assert kinds["axis=1"] == "axis"
    assert kinds["the other operation"] == "sign"
    assert kinds["index - 1"] == "off_by_one"
    assert kinds["contracted over -1:"] == "assignment_for_accumulation"
    assert kinds["x -> s"] == "wrong_name"


FORMULAS = """
def f(dout, cache):
    x, s = cache
    dx = dout * (1 - s) + (1 - s**2) * dout
    square = x * x
    total = ((x**3 - s) / 4).mean(axis=0) + np.sqrt(square)
    return dx, total
"""


def test_rewrites_change_no_number():
    tree = ast.parse(FORMULAS)
    rng = np.random.default_rng(0)
    x, s, dout = rng.standard_normal((3, 4, 2))

    def value():
        namespace = {"np": np}
        exec(ast.unparse(tree), namespace)
        return namespace["f"](dout, (x, s))

    right, ways = value(), set()
    for place in places(tree):
        for other in rewrites(place, tree):
            with replaced(place, other):
                got = value()
            np.testing.assert_allclose(got[0], right[0], rtol=1e-12)
            np.testing.assert_allclose(got[1], right[1], rtol=1e-12)
            ways.add(ast.unparse(other))
    assert {"dout * 1 - dout * s", "(1 - s) * (1 + s)", "s * s", "x ** 2 * x"} <= ways
    assert {"x ** 3 / 4 - s / 4", "square ** 0.5", "x * x"} <= ways
    assert any(".sum(axis=0) / np.size(" in way for way in ways)
