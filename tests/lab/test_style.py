"""Pictures look alike, and drawing one leaves Jupyter's switches where the backend put them."""

import matplotlib
import matplotlib.pyplot as plt
import pytest

from autograder.lab import style


@pytest.fixture(autouse=True)
def quiet():
    before = matplotlib.is_interactive()
    yield
    matplotlib.interactive(before)


def test_a_backend_that_starts_with_the_first_picture_stays_switched_on():
    matplotlib.interactive(False)
    with style.style():
        matplotlib.interactive(True)  # what Jupyter's inline backend does when it is loaded
    assert matplotlib.is_interactive()


def test_the_switch_survives_an_exception_too():
    matplotlib.interactive(False)
    with pytest.raises(ZeroDivisionError), style.style():
        matplotlib.interactive(True)
        1 / 0  # noqa: B018
    assert matplotlib.is_interactive()


def test_settings_end_with_the_block():
    before = plt.rcParams["axes.grid"], plt.rcParams["font.size"]
    with style.style():
        assert plt.rcParams["axes.grid"] is True
    assert (plt.rcParams["axes.grid"], plt.rcParams["font.size"]) == before


def test_lines_differ_in_colour_dash_and_marker():
    for key in ("color", "linestyle", "marker"):
        values = [look[key] for look in style.LINES]
        assert len(set(values)) == len(values)


def test_long_lines_carry_few_markers():
    assert style.line(0, 1000)["markevery"] == 100
    assert style.line(len(style.LINES))["color"] == style.line(0)["color"]
