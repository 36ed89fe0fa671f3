"""The versions that a student's environment gets: of the kit's own pins, those they need."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path

from autograder.handout.student_side import PACKAGE
from autograder.handout.wheel import requirements

PINS = "pins.txt"
_NAME = re.compile(r"[A-Za-z0-9._-]+")


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
    match = _NAME.match(requirement)
    return match[0].lower().replace("_", "-").replace(".", "-") if match else ""
