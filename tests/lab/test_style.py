"""Pictures look alike, and drawing one leaves Jupyter's switches where the backend put them."""

import base64
import io

import matplotlib
import matplotlib.colors
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

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


DRAWN = """%matplotlib inline
from autograder.lab.scales import draw_lines
draw_lines([1, 2], {"right": [1, 2], "wrong": [2, 1]}, xlabel="step", ylabel="loss", title="Two")
"""


def test_a_picture_in_a_notebook_fits_every_theme_and_says_what_it_shows(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(DRAWN)])
    where = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources=where)
    outputs = client.execute().cells[0].outputs
    (output,) = [one for one in outputs if one.output_type == "display_data"]
    assert "needs_background" not in output.metadata  # else Jupyter lays white below it
    assert output.metadata["image/png"]["alt"] == "Two; across: step; upwards: loss; right, wrong"
    pixels = plt.imread(io.BytesIO(base64.b64decode(output.data["image/png"])))
    assert pixels[0, 0, 3] == 0 and pixels[..., 3].max() == 1


def _light(colour):
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("ink", [style.INK, style.OTHER_INK])
@pytest.mark.parametrize("paper", ["#ffffff", "#111111", "#1f1f1f"])
def test_ink_can_be_read_on_every_ground(ink, paper):
    one, other = sorted([_light(ink), _light(paper)])
    assert (other + 0.05) / (one + 0.05) > 3.5
