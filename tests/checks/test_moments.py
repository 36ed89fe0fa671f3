"""Random initialisers: what is wrong is said once, and nothing that is not."""

import numpy as np
import pytest

from autograder.checks.finding import Check
from autograder.exercises import Sampler, constant, rng
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare


def start(n, m, rng):
    return rng.normal(0, 0.1, (n, m))


def rows_alike(n, m, rng):
    row = rng.permutation(np.linspace(-1, 1, m))
    return 0.1 * row / row.std() + rng.normal(0, 1e-9, (n, m))


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (start, set()),
        (lambda n, m, rng: 0.1 * start(n, m, rng), {"moments.std"}),
        (lambda n, m, rng: 30 * start(n, m, rng), {"moments.std"}),
        (lambda n, m, rng: 0.1 + start(n, m, rng), {"moments.mean"}),
        (rows_alike, {"moments.lines"}),
        (lambda n, m, rng: 0.1 * rows_alike(n, m, rng), {"moments.std", "moments.lines"}),
    ],
)
def test_only_what_is_wrong_is_said(function, found):
    inputs = {"n": constant(60), "m": constant(50), "rng": rng()}
    asked = Sampler(start, inputs=inputs, outputs=["W"], points=1)
    reference = LocalRunner({"np": np, "start": start})
    runner = LocalRunner({"np": np, "start": function})
    seeds = [prepare(asked, seed=f"{i}", reference=reference, mistaken={}, hidden=False)
             for i in range(5)]  # fmt: skip
    said = {
        finding.fact.name
        for question in seeds
        for result in examine([question], runner)
        for finding in result.findings
        if finding.check is Check.MOMENTS
    }
    assert said == found
