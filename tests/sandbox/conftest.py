"""Sandboxes, each started once."""

import shutil
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox import Sandbox

if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["*"]


STRONGEST = "full" if shutil.which("bwrap") else "kernel"
locked = pytest.mark.parametrize("sandbox", [STRONGEST], indirect=True)
"""For tests of what runs in every child alike, once it runs."""


@pytest.fixture(scope="session", params=[STRONGEST, "none"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The strongest sandbox that this machine has, and `none`, a plain subprocess.

    What a level between them keeps out is for `tests/hostile` and `test_levels`.
    """
    with Sandbox(isolation=request.param) as opened:
        yield opened


@pytest.fixture(scope="session")
def kernel() -> Iterator[Sandbox]:
    """A sandbox that needs nothing installed."""
    with Sandbox(isolation="kernel") as opened:
        yield opened
