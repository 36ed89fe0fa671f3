"""The student's wheel: the student's side of the kit that runs here, and nothing else of it.

It is the same distribution as the whole kit, with the local version `+student`: installing one
replaces the other, so the two never lie in one environment (docs/decisions/013-distribution.md).
It is written from the installed files, so that an instructor needs neither the repository nor a
build tool; the format is that of packaging.python.org, "Binary distribution format".
"""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata

from autograder import __version__
from autograder.errors import CourseError
from autograder.handout.student_side import PACKAGE, student_files
from autograder.whole import zipped

DISTRIBUTION = "backprop-by-hand"
VERSION = f"{__version__}+student"
_NAME = f"{DISTRIBUTION.replace('-', '_')}-{VERSION}"
WHEEL = f"{_NAME}-py3-none-any.whl"
_ABOUT = (
    "Wheel-Version: 1.0\nGenerator: backprop-by-hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
)
_ENTRY = "[console_scripts]\nautograder = autograder.command:main\n"


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
