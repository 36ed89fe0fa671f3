"""What 00_start says about steps and counters is true, on several points."""

from pathlib import Path

import numpy as np
import pytest

from autograder.feedback import check

ASSIGNMENT = Path(__file__).resolve().parents[2] / "assignments" / "00_start"
STEPS = 10.0 ** np.arange(-12, 0.01, 0.5)


def f(x):
    return np.sum(np.sin(x) * np.exp(x / 2))


def slope(x):
    return np.exp(x / 2) * (np.cos(x) + np.sin(x) / 2)


def errors(relative_error, x, dtype, one_sided=False):
    start, found = x.astype(dtype), []
    for h in STEPS:
        measured = np.empty(len(x))
        for i, nudge in enumerate(np.eye(len(x), dtype=dtype) * dtype(h)):
            below = start if one_sided else start - nudge
            measured[i] = (f(start + nudge) - f(below)) / dtype(h if one_sided else 2 * h)
        found.append(relative_error(measured, slope(x)))
    return np.array(found)


@pytest.mark.parametrize("seed", range(6))
def test_the_v_curve(notebook, seed):
    relative_error = notebook("00_start").namespace["relative_error"]
    x = np.random.default_rng(seed).uniform(0.5, 1.2, size=5)
    central = errors(relative_error, x, np.float64)
    single = errors(relative_error, x, np.float32)
    one_sided = errors(relative_error, x, np.float64, one_sided=True)
    assert 2e-6 < STEPS[central.argmin()] < 5e-5
    assert central.min() < 1e-10
    assert 1e-3 < STEPS[single.argmin()] < 5e-2
    assert 1e-6 < single.min() < 1e-4
    assert one_sided.min() > 10 * central.min()


def test_the_counter_stands_still():
    counter = np.float32(16_777_216)
    for _ in range(10):
        counter = counter + np.float32(1)
    assert counter == 16_777_216


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
