"""The example in CONTRIBUTING.md is code: it runs, and each mistake that it lists is one."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import autograder.exercises as exercises

GUIDE = Path(__file__).resolve().parent.parent / "CONTRIBUTING.md"


def example_cells() -> list[str]:
    """The code cells of the guide's first Python block, in order."""
    block = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert block, "CONTRIBUTING.md shows no Python block"
    cells = re.split(r"^# %%(.*)\n", block[1], flags=re.MULTILINE)[1:]
    return [
        source
        for mark, source in zip(cells[::2], cells[1::2], strict=True)
        if "markdown" not in mark
    ]


def namespace() -> dict[str, Any]:
    return {"np": np, **{name: getattr(exercises, name) for name in exercises.__all__}}


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    names = namespace()
    for source in example_cells():
        exec(compile(source, "CONTRIBUTING.md", "exec"), names)
    return names


def gradients(names: dict[str, Any], case: Any) -> np.ndarray:
    out, cache = names["leaky_relu_forward"](*case.inputs.values())
    dout = np.random.default_rng(0).standard_normal(out.shape)
    return names["leaky_relu_backward"](dout, cache)


def test_the_rows_are_the_functions(example: dict[str, Any]) -> None:
    rows = {row.id: row.points for row in example["leaky_relu"].rows}
    assert rows == {"leaky_relu_forward": 1, "leaky_relu_backward": 2}


def test_the_reference_agrees_with_differences(example: dict[str, Any]) -> None:
    x = np.array([[1.5, -2.0, 0.25], [-0.5, 3.0, -1.0]])
    step = 1e-6
    ahead, _ = example["leaky_relu_forward"](x + step, 0.1)
    behind, _ = example["leaky_relu_forward"](x - step, 0.1)
    _, cache = example["leaky_relu_forward"](x, 0.1)
    slope = example["leaky_relu_backward"](np.ones_like(x), cache)
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=1e-8)


def test_every_listed_mistake_changes_a_gradient(example: dict[str, Any]) -> None:
    forward, backward = example_cells()[:2]
    cases = exercises.make_cases(example["leaky_relu"], seed=0)
    assert cases and example["leaky_relu"].mistakes
    for mistake in example["leaky_relu"].mistakes:
        wrong = namespace()
        exec(forward, wrong)
        exec(mistake.apply(backward), wrong)
        assert any(
            not np.allclose(gradients(wrong, case), gradients(example, case)) for case in cases
        ), mistake.name
