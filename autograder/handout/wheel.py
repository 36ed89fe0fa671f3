"""The student's wheel: the student's side of the kit that runs here, and nothing else of it.

It is the same distribution as the whole kit, with the local version `+student`: installing one
replaces the other, so the two never lie in one environment (docs/decisions/013-distribution.md).
It is written from the installed files, so that an instructor needs neither the repository nor a
build tool; the format is that of packaging.python.org, "Binary distribution format".
"""

import base64
import hashlib
import importlib.metadata
import re
from collections.abc import Iterator
from pathlib import Path

import autograder
from autograder import __version__
from autograder.errors import CourseError
from autograder.whole import zipped

PACKAGE = Path(autograder.__file__).parent
ROOMS = ("exercises", "numerical", "checks", "explain", "feedback", "lab", "sandbox", "locale")
"""Whole rooms. The sandbox is among them, so that `autograder check` sees what the grader sees."""
FILES = (
    *("__init__.py", "command.py", "errors.py", "frame.py", "language.py", "whole.py", "py.typed"),
    *(
        f"grading/{name}.py"
        for name in ("__init__", "asking", "lines", "notebook_json", "selfcheck", "submission")
    ),
    *("integrations/__init__.py", "integrations/junit.py"),
)
"""Of the other rooms what checks a single notebook: no course, no gradebook, no class."""


def student_files() -> Iterator[Path]:
    """The files, in order."""
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (PACKAGE / name for name in FILES)


DISTRIBUTION = "backprop-by-hand"
VERSION = f"{__version__}+student"
_NAME = f"{DISTRIBUTION.replace('-', '_')}-{VERSION}"
WHEEL = f"{_NAME}-py3-none-any.whl"
_ABOUT = (
    "Wheel-Version: 1.0\nGenerator: backprop-by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
)
_ENTRY = "[console_scripts]\nautograder = autograder.command:main\n"
PINS = "pins.txt"
_PACKAGE_NAME = re.compile(r"[A-Za-z0-9._-]+")


def student_wheel() -> bytes:
    """The bytes of the wheel `WHEEL`.

    Raises:
        CourseError: The kit here is not installed, so nobody knows what it needs.
    """
    info = f"{_NAME}.dist-info"
    content = {
        f"autograder/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes()
        for path in student_files()
    }
    content[f"{info}/METADATA"] = _metadata().encode()
    content[f"{info}/WHEEL"] = _ABOUT.encode()
    content[f"{info}/entry_points.txt"] = _ENTRY.encode()
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in content.items()]
    content[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    return zipped(content.items())


def requirements() -> list[str]:
    """What the student's side needs, as requirements.

    Raises:
        CourseError: The kit is not installed here.
    """
    return [one for one in _told().get_all("Requires-Dist") or () if "extra ==" not in one]


def _metadata() -> str:
    told = _told()
    lines = [
        "Metadata-Version: 2.1",
        f"Name: {DISTRIBUTION}",
        f"Version: {VERSION}",
        f"Summary: {told['Summary']} The student's side.",
        f"Requires-Python: {told['Requires-Python']}",
        *(f"Requires-Dist: {one}" for one in requirements()),
    ]
    return "\n".join([*lines, ""])


def _told() -> importlib.metadata.PackageMetadata:
    try:
        return importlib.metadata.metadata(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        raise CourseError(
            f"the distribution {DISTRIBUTION} is not installed here, so nobody knows what the "
            "student's side needs. In the repository: make setup"
        ) from None


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def student_pins() -> str:
    """A constraints file for pip and uv: a line `name==version` for all that the wheel brings."""
    needed = _needed()
    lines = [
        line
        for line in _constraints().read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#") and _name(line) in needed
    ]
    return "\n".join([*lines, ""])


def _constraints() -> Path:
    """In an installed kit the file lies in this room; in the repository at its root."""
    inside = PACKAGE / "handout" / "constraints.txt"
    return inside if inside.is_file() else PACKAGE.parent / "constraints.txt"


def _needed() -> set[str]:
    """What the student's side needs, and what that needs in turn, on any system."""
    found: set[str] = set()
    waiting = [_name(one) for one in requirements()]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        try:
            needs = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:  # for another system than this one
            continue
        waiting += [_name(one) for one in needs if "extra ==" not in one]
    return found


def _name(requirement: str) -> str:
    match = _PACKAGE_NAME.match(requirement)
    return match[0].lower().replace("_", "-").replace(".", "-") if match else ""
