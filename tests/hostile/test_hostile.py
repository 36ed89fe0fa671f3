"""Every hostile program at the strongest level: contained, and costing nobody but itself.

At a weaker level those run again that meet a wall which is another one there.
"""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from autograder.sandbox import Sandbox
from tests.hostile import suite

FAMILIES = {
    "forging", "reading", "writing", "network", "processes", "resources", "protocol", "values",
    "leaks",
}  # fmt: skip
"""Tampering with the notebook itself is grading's: see tests/grading."""
WALLS = {
    "full": FAMILIES,
    "kernel": {"reading", "writing", "network", "processes", "leaks"},
    "kernel-landlock1": {"reading", "writing"},  # an old Landlock knows fewer rights to files
}
"""Level -> the families that meet another wall there; the others meet the same one everywhere."""
STRONGEST = "full" if shutil.which("bwrap") else "kernel"


def at_every_level() -> Iterator[object]:
    """The programs of each level that this machine has."""
    for level, families in WALLS.items():
        if level != "full" or level == STRONGEST:
            for program in suite.programs(*(FAMILIES if level == STRONGEST else families)):
                marks = [pytest.mark.slow] * ("-" in level)
                yield pytest.param(level, program, id=f"{level}-{program}", marks=marks)


def test_there_are_many() -> None:
    found = suite.programs()
    assert len(found) >= 80
    assert len({program.name for program in found}) == len(found)
    families = {program.family for program in found}
    assert families >= FAMILIES


@pytest.mark.parametrize(("level", "program"), list(at_every_level()))
def test_it_is_contained(
    sandbox_of: Callable[[str], Sandbox], level: str, program: suite.Program, bait: suite.Bait
) -> None:
    opened = sandbox_of(level)
    before = suite.descendants(os.getpid())
    secret = np.random.default_rng(secrets.randbits(64)).standard_normal(suite.SHAPE)
    rounds = 2 if "alone" in program.expects else 1
    found: list[str] = []
    for number in range(rounds):
        there = {**bait.there, "first": number == 0}
        outcome, wrong = suite.run(opened.open, program, there)
        found += wrong + suite.judge(program, outcome, secret)
    found += bait.harm()
    left = suite.descendants(os.getpid()) - before
    if left and suite.descendants(os.getpid()) - before:
        found.append(f"processes stayed behind: {left}")
    assert found == []
