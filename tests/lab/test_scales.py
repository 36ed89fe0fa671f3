"""Pictures of sizes have labelled axes, and lines that differ without colour."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from autograder.lab import scales


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def looks(axes):
    return {(str(line.get_linestyle()), line.get_marker()) for line in axes.lines}


def test_lines_differ_in_dash_and_marker():
    lines = {str(i): np.arange(1, 5) * i for i in range(1, 6)}
    figure = scales.draw_lines(range(4), lines, xlabel="step", ylabel="loss", logy=True)
    axes = figure.axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
    assert len(looks(axes)) == 5
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(lines)


def test_panels_name_what_they_show_and_repeat_no_legend():
    panels = {"size": {"a": [1, 2], "b": [2, 1]}, "slope": {"a": [3, 4], "b": [4, 3]}}
    figure = scales.draw_side_by_side([0, 1], panels, xlabel="layer", logy=[True, False])
    left, right = figure.axes
    assert (left.get_ylabel(), right.get_ylabel()) == ("size", "slope")
    assert left.get_legend() is not None and right.get_legend() is None
    assert (left.get_yscale(), right.get_yscale()) == ("log", "linear")


def test_bars_carry_their_numbers():
    figure = scales.draw_bars({"one": 1e-9, "two": 0.5}, xlabel="error", logx=True)
    axes = figure.axes[0]
    assert {text.get_text() for text in axes.texts} == {"1e-09", "0.5"}
    assert [label.get_text() for label in axes.get_yticklabels()] == ["one", "two"]


def test_the_v_curve_marks_its_lowest_point():
    steps = [1e-8, 1e-5, 1e-2]
    figure = scales.draw_v_curve(steps, {"central": [1e-6, 1e-11, 1e-4]})
    assert [text.get_text() for text in figure.axes[0].texts] == ["h = 1e-05"]


def test_dead_units_are_black():
    masks = [np.array([False, True, False]), np.array([True, True, False])]
    figure = scales.draw_dead_units({"layer": masks}, [0, 1])
    grid = figure.axes[0].images[0].get_array()
    assert grid.shape == (3, 2) and grid.sum() == 3
    assert "67%" in figure.axes[0].get_title()


def test_a_grid_shows_each_share():
    figure = scales.draw_grid([[0.1, 0.9]], rows=["a"], columns=["x", "y"], label="accuracy")
    assert [text.get_text() for text in figure.axes[0].texts] == ["10%", "90%"]


def test_verdicts_say_where_they_err():
    verdicts = {"fine": (True, True), "lost": (False, True), "harsh": (True, False)}
    texts = [text.get_text() for text in scales.draw_verdicts(verdicts).axes[0].texts]
    assert texts.count("← missed") == 1 and texts.count("← false alarm") == 1
