"""What every test may rely on: no screen, repeatable properties, no answer imported by chance."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

os.environ["MPLBACKEND"] = "Agg"  # before anything imports matplotlib
os.environ["AUTOGRADER_LANGUAGE"] = "en"  # whatever the system speaks

import pytest
from hypothesis import HealthCheck, settings

from autograder import language

# Sample students' answers loop, crash and flood on purpose; tests run them in the sandbox only.
collect_ignore_glob = ["submissions/*"]

settings.register_profile(
    "kit",
    deadline=None,  # machines differ; tests never judge seconds
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kit")

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """A notebook in another language that ran in this process speaks for no other test."""
    yield
    language._here.clear()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that tests marked `browser` drive."""
    found = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(CHROMIUM_NAMES)} is on PATH")
    return found
