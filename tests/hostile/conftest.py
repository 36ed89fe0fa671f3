"""Sandboxes that must hold, one per isolation level."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from autograder.sandbox import Sandbox
from tests.hostile import suite

if not sys.platform.startswith("linux"):
    collect_ignore_glob = ["*"]
else:
    collect_ignore_glob = ["programs/*"]


@pytest.fixture(scope="session")
def sandbox_of() -> Iterator[Callable[[str], Sandbox]]:
    """Level -> a sandbox, started once; `kernel-landlock1` has the oldest Landlock only."""
    with ExitStack() as opened:

        @cache
        def sandbox_of(level: str) -> Sandbox:
            name, _, old = level.partition("-")
            return opened.enter_context(Sandbox(isolation=name, newest_landlock=1 if old else 6))

        yield sandbox_of


@pytest.fixture
def bait(tmp_path: Path) -> Iterator[suite.Bait]:
    opened = suite.Bait(tmp_path)
    yield opened
    opened.close()
