"""`course.toml`: what a course says about itself. Everything in it may be left out.

title = "Backpropagation by hand"
hand_in = "Upload the notebook, such as `layers.ipynb`, on the course's page."
key = "after due"

[due]
02_layers = 2026-12-01

[zh]                        # what a handout in this language says instead
title = "手写反向传播"
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.language import languages

FILE = "course.toml"
KNOWN = ("title", "hand_in", "key", "due")
IN_LANGUAGES = ("title", "hand_in")
KEYS = ("never", "after due", "always")


@dataclass(frozen=True)
class Configuration:
    """What a course says about itself."""

    title: str = "Backpropagation by hand"  # stands above what is handed out
    # which file students hand in, under which name, and where; Markdown
    hand_in: str = (
        "Save the notebook and hand in that one file, such as `layers.ipynb`, under its own name. "
        "Your instructor says where."
    )
    # when a handout holds the answers and solutions of an assignment: one of `KEYS`
    key: str = "never"
    # assignment -> until when, as the file writes it
    due: Mapping[str, str] = field(default_factory=dict)
    # language -> its own `title` and `hand_in`
    elsewhere: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def in_language(self, language: str) -> Configuration:
        """The same course in another language; what it does not say there stays as it is."""
        told = {"title": self.title, "hand_in": self.hand_in, **self.elsewhere.get(language, {})}
        return replace(self, title=told["title"], hand_in=told["hand_in"])


def read_configuration(root: Path, assignments: Collection[str]) -> Configuration:
    """Read `course.toml`; a course without it has what `Configuration` says.

    Raises:
        CourseError: It cannot be read, or says what nobody asked.
    """
    path = Path(root) / FILE
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Configuration()
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {error}") from error
    others = languages()[1:]
    _known(path, "setting", told, (*KNOWN, *others))
    tables = {name: told[name] for name in ("due", *others) if name in told}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise CourseError(f"{path}: {name} is {table!r}; expected a table, [{name}]")
    due = tables.pop("due", {})
    _known(path, "assignment", due, assignments)
    for name, until in due.items():
        if not isinstance(until, datetime.date | str):
            raise CourseError(f"{path}: due.{name} is {until!r}; expected a date: 2026-12-01")
    texts = _texts(path, told, ("title", "hand_in", "key"))
    if texts.get("key", "never") not in KEYS:
        raise CourseError(f"{path}: key is {texts['key']!r}; expected one of {', '.join(KEYS)}")
    for code, table in tables.items():
        _known(path, f"setting of [{code}]", table, IN_LANGUAGES)
    elsewhere = {code: _texts(path, table, IN_LANGUAGES) for code, table in tables.items()}
    dates = {name: _date(until) for name, until in due.items()}
    return Configuration(due=dates, elsewhere=elsewhere, **texts)


def _known(path: Path, what: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise CourseError(f"{path}: no {what} {name!r}.{hint} There is {', '.join(known)}")


def _texts(path: Path, told: Mapping[str, Any], keys: Iterable[str]) -> dict[str, str]:
    found = {key: told[key] for key in keys if key in told}
    for key, value in found.items():
        if not isinstance(value, str) or not value.strip():
            raise CourseError(f"{path}: {key} is {value!r}; expected a text in quotes")
    return {key: value.strip() for key, value in found.items()}


def _date(until: datetime.date | str) -> str:
    if isinstance(until, datetime.datetime):
        return until.isoformat(" ", "minutes")
    return str(until)
