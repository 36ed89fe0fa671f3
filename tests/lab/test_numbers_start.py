"""What 00_start says about steps and counters is true, on several points."""

from pathlib import Path

import numpy as np
import pytest

from autograder.feedback import check

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignments" / "00_start"


@pytest.mark.parametrize("seed", range(6))
def test_the_v_curve(experiment, seed):
    after = experiment("00_start", "draw_v_curve", seed=seed)
    central, one_sided, single = map(np.array, after["curves"].values())
    steps = after["steps"]
    assert 2e-6 < steps[central.argmin()] < 5e-5 and central.min() < 1e-10
    assert 1e-3 < steps[single.argmin()] < 5e-2 and 1e-6 < single.min() < 1e-4
    assert one_sided.min() > 10 * central.min()


def test_the_counter_stands_still(experiment):
    assert experiment("00_start", "the counter after ten steps")["counter"] == 16_777_216


def test_the_example_of_a_failing_check(notebook, monkeypatch, capsys):
    """What the text shows under "How to read a failing check" is what a student sees."""

    def relative_error(x, y):
        return np.mean(np.abs(x - y) / np.maximum(1e-8, np.abs(x) + np.abs(y)))

    monkeypatch.chdir(ASSIGNMENT)
    check(relative_error)
    said = [line.strip() for line in capsys.readouterr().out.splitlines()]
    (text,) = (c.source for c in notebook("00_start").cells if "How to read a failing" in c.source)
    shown = text.split("```text\n")[1].split("```")[0].replace("…", "").splitlines()
    lines = [line.lstrip("# ").strip() for line in shown if line.strip("# ")]
    assert len(lines) == 6
    for line in lines:
        assert any(heard.startswith(line) for heard in said), line


@pytest.mark.parametrize(("x", "y"), [([1.0, 2.0], [-1.0, 2.0]), ([3.0, 0.0], [3.0, 1.0])])
def test_an_error_of_one_is_a_wrong_or_missing_entry(notebook, x, y):
    assert notebook("00_start").namespace["relative_error"](np.array(x), np.array(y)) == 1.0
