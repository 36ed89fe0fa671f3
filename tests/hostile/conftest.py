"""Sandboxes that must hold, one per isolation level."""

import shutil
import sys
from collections.abc import Iterator

import pytest

from autograder.sandbox import Sandbox

if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["*"]
else:
    collect_ignore_glob = ["programs/*"]


@pytest.fixture(scope="session", params=["full", "kernel"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of every level that contains."""
    if request.param == "full" and shutil.which("bwrap") is None:
        pytest.skip("level full needs bubblewrap, which is not installed")
    with Sandbox(isolation=request.param) as opened:
        yield opened
