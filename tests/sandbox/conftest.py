"""Sandboxes of every level, each started once."""

import shutil
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox import Sandbox

if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["*"]


@pytest.fixture(scope="session", params=["full", "kernel", "none"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of every level that this machine has; `none` is a plain subprocess."""
    if request.param == "full" and shutil.which("bwrap") is None:
        pytest.skip("level full needs bubblewrap, which is not installed")
    with Sandbox(isolation=request.param) as opened:
        yield opened


@pytest.fixture(scope="session")
def kernel() -> Iterator[Sandbox]:
    """A sandbox that needs nothing installed."""
    with Sandbox(isolation="kernel") as opened:
        yield opened
