"""What every test may rely on: no screen, repeatable properties, no answer imported by chance."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["MPLBACKEND"] = "Agg"  # before anything imports matplotlib
os.environ["AUTOGRADER_LANGUAGE"] = "en"  # whatever the system speaks

import pytest
from hypothesis import HealthCheck, settings

from autograder import language
from autograder.course.patient import _TimeIsUp
from autograder.course.quick_import import load_nbgrader
from autograder.exercises.bounds import TooLong
from autograder.grading.dispatch import usable_cores

load_nbgrader()  # and nbformat, as a grader has them: their own start-up is half of a collection

# Sample students' answers loop, crash and flood on purpose; tests run them in the sandbox only.
collect_ignore_glob = ["submissions/*"]

settings.register_profile(
    "kit",
    deadline=None,  # machines differ; tests never judge seconds
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("kit")


@pytest.hookimpl(trylast=True)
def pytest_configure() -> None:
    """An alarm that rings while Python itself calls back is swallowed there; it rings again."""
    report = sys.unraisablehook

    def unless_an_alarm(what: Any) -> None:
        if not isinstance(what.exc_value, _TimeIsUp | TooLong):
            report(what)

    sys.unraisablehook = unless_an_alarm


LONGEST = (
    "tests/test_sample_class.py",
    "tests/handout/test_fresh.py",
    "tests/grading/test_command.py",
    "tests/integrations/test_commands.py",
    "tests/integrations/test_formgrader.py",
    "tests/hostile/test_hostile.py",
    "tests/hostile/test_surroundings.py",
    "tests/course/test_this_course.py",
    "tests/integrations/test_at_once.py",
    "tests/grading/test_classrun.py",
    "tests/integrations/test_sink.py",
    "tests/grading/test_cluster.py",
    "tests/sandbox/test_levels.py",
    "tests/test_answers.py",
    "tests/hostile/test_mixed_class.py",
    "tests/grading/test_desk.py",
    "tests/lab/test_numbers_attention.py",
    "tests/lab/test_numbers_convolution.py",
    "tests/handout/test_handout.py",
)
"""These files come first: on several cores the one that starts last holds up the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.partition("::")[0], len(LONGEST)))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: many tests wait for other processes, or for a limit."""
    return usable_cores() + 1


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
