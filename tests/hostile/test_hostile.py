"""Every hostile program at every level: contained, and costing nobody but itself."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from autograder.sandbox import Sandbox
from tests.hostile import suite

FAMILIES = {
    "forging", "reading", "writing", "network", "processes", "resources", "protocol", "values",
    "leaks",
}  # fmt: skip
"""Tampering with the notebook itself is grading's: see tests/grading."""


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[suite.Bait]:
    opened = suite.Bait(tmp_path)
    yield opened
    opened.close()


def test_there_are_many() -> None:
    found = suite.programs()
    assert len(found) >= 80
    assert len({program.name for program in found}) == len(found)
    families = {program.family for program in found}
    assert families >= FAMILIES


@pytest.mark.parametrize("program", suite.programs(), ids=str)
def test_it_is_contained(sandbox: Sandbox, program: suite.Program, bait: suite.Bait) -> None:
    before = suite.descendants(os.getpid())
    secret = np.random.default_rng(secrets.randbits(64)).standard_normal(suite.SHAPE)
    rounds = 2 if "alone" in program.expects else 1
    found: list[str] = []
    for number in range(rounds):
        there = {**bait.there, "first": number == 0}
        outcome, wrong = suite.run(sandbox.open, program, there)
        found += wrong + suite.judge(program, outcome, secret)
    found += bait.harm()
    left = suite.descendants(os.getpid()) - before
    if left and suite.descendants(os.getpid()) - before:
        found.append(f"processes stayed behind: {left}")
    assert found == []
