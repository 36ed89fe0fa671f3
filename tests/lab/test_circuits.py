"""A drawn circuit shows every number, in places that can be told apart."""

import numpy as np
import pytest

from autograder.lab.circuits import arrange, draw_circuit, number

GATES = {"f": ("×", "q", "m"), "q": ("+", "x", "y"), "m": ("max", "y", "z")}


@pytest.fixture
def figure():
    import matplotlib.pyplot as plt

    yield draw_circuit(
        GATES,
        values={"x": 2, "y": 3, "z": -1, "q": 5, "m": 3, "f": 15},
        grads={"f": 1, "q": 3, "m": 5, "x": 3, "z": 0, ("y", "q"): 3, ("y", "m"): 5, "y": 8},
    )
    plt.close("all")


def test_gates_stand_right_of_their_inputs():
    layout = arrange(GATES)
    for gate, (_, *inputs) in GATES.items():
        assert all(layout.column[name] < layout.column[gate] for name in inputs)
    assert len({(layout.column[n], round(layout.row[n], 6)) for n in layout.column}) == len(
        layout.column
    )


def test_every_wire_carries_value_and_gradient(figure):
    texts = [text.get_text() for text in figure.axes[0].texts]
    for expected in ("2", "−1", "15", "← 3", "← 5", "← 0", "← 1", "Σ ← 8"):
        assert expected in texts
    assert texts.count("← 3") == 3 and texts.count("← 5") == 2


def test_no_two_labels_cover_each_other(figure):
    figure.canvas.draw()
    boxes = [t.get_window_extent() for t in figure.axes[0].texts if t.get_text()]
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i])


def test_arrays_are_shown_by_shape():
    assert number(np.zeros((5, 4))) == "(5, 4)"
