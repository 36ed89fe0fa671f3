"""`autograder doctor`: what works here, in which isolation, and what to do about the rest."""

import importlib.metadata
import platform
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path

from autograder import __version__
from autograder.course import find_course_root, load_course
from autograder.course.folder import secret_path
from autograder.errors import AutograderError
from autograder.grading.dispatch import usable_cores
from autograder.language import columns, said, tr
from autograder.sandbox import measure_isolation

PACKAGES = ("numpy", "nbgrader", "nbformat", "jupytext", "matplotlib", "msgspec", "scikit-learn")
WITHOUT = "not installed; run `make setup`, or pip install 'backprop-by-hand[instructor]'"
EXTRAS = (("distributed", "grade --scheduler"), ("torch", "the experiments with PyTorch"))


@dataclass(frozen=True)
class Line:
    """One thing that was looked at."""

    what: str
    says: str
    # True: as it should be; False: something does not work; None: worth knowing
    ok: bool | None = True


def examine(start: Path | None = None) -> list[Line]:
    """Look at everything that grading needs.

    Args:
        start: Where to look for a course; the working directory by default.
    """
    lines = [
        Line("autograder", __version__),
        Line("Python", f"{platform.python_version()} ({sys.executable})"),
        Line("system", f"{platform.system()} {platform.release()}, {usable_cores()} usable cores"),
    ]
    lines += [_installed(name, WITHOUT, True, False) for name in PACKAGES]
    lines += [_installed(name, f"not installed; only {use} needs it") for name, use in EXTRAS]
    alembic = shutil.which("alembic")
    off = "not on PATH: nbgrader's own commands need it (activate the environment)"
    lines.append(Line("alembic", alembic or off, True if alembic else None))
    lines += _isolation()
    lines += _course(start)
    return lines


def show(lines: list[Line]) -> str:
    """The lines as text."""
    named = [(line, tr(line.what)) for line in lines]
    width = max(columns(name) for _, name in named)
    signs = {True: "✓", False: "✗", None: "·"}
    return "\n".join(
        f"{signs[line.ok]} {name}{' ' * (width - columns(name))}  {said(line.says)}"
        for line, name in named
    )


def _installed(
    name: str, without: str, found: bool | None = None, missing: bool | None = None
) -> Line:
    try:
        return Line(name, importlib.metadata.version(name), found)
    except importlib.metadata.PackageNotFoundError:
        return Line(name, without, missing)


def _isolation() -> list[Line]:
    measured, advice = measure_isolation()
    refused = sum(attempt.refused for attempt in measured.attempts)
    says = f"{measured.level}: {refused} of {len(measured.attempts)} forbidden attempts refused"
    if measured.level == "none":
        says = "none: `autograder grade` refuses; `autograder check` works for your own code"
    lines = [Line("isolation", says, measured.level != "none")]
    return lines + [Line("", text, None) for text in advice]


def _course(start: Path | None) -> list[Line]:
    try:
        root = find_course_root(start)
        course = load_course(root)
    except AutograderError as error:
        return [Line("course", str(error), None)]
    lines = [Line("course", f"{root}, {len(course.sources)} assignments")]
    secret = secret_path(root)
    if not secret.exists():
        lines.append(Line("secret seed", f"{secret} will be made on first use", None))
    else:
        mode = stat.S_IMODE(secret.stat().st_mode)
        closed = mode & 0o077 == 0
        says = f"{secret}" if closed else f"{secret} can be read by others: chmod 600 it"
        lines.append(Line("secret seed", says, closed))
    return lines
