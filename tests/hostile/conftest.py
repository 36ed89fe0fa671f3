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


LEVELS = [
    pytest.param(("full", 6), id="full"),
    pytest.param(("kernel", 6), id="kernel"),
    pytest.param(("kernel", 1), id="kernel-landlock1", marks=pytest.mark.slow),
]


@pytest.fixture(scope="session", params=LEVELS)
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of every level that contains."""
    level, newest_landlock = request.param
    if level == "full" and shutil.which("bwrap") is None:
        pytest.skip("level full needs bubblewrap, which is not installed")
    with Sandbox(isolation=level, newest_landlock=newest_landlock) as opened:
        yield opened
