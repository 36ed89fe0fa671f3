"""The course folder: find it, and load its notebooks.

`course.toml` says what a course says about itself. Everything in it may be left out.

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
import os
import re
import secrets
import tomllib
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.course.collect import BANK
from autograder.course.notebook import Notebook, load_notebook
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


SOLUTIONS = "solutions"
ASSIGNMENTS = "assignments"
SOURCE = "build/source"
LOCALE = "locale"
CONFIG = "nbgrader_config.py"


@dataclass(frozen=True, eq=False)
class Course:
    """A course: a folder with `solutions/` and `nbgrader_config.py`. Notebooks load when asked."""

    root: Path
    sources: dict[str, Path]  # assignment -> the solved source of its one notebook, in order
    _loaded: dict[str, Notebook] = field(default_factory=dict, repr=False)

    @cached_property
    def notebooks(self) -> tuple[Notebook, ...]:
        """Every notebook, in the order of the assignments."""
        return tuple(self.assignment(name) for name in self.sources)

    def assignment(self, name: str) -> Notebook:
        """The notebook of an assignment.

        Raises:
            CourseError: When there is none of this name, or its source is wrong.
        """
        if name not in self.sources:
            known = ", ".join(self.sources)
            raise CourseError(f"no assignment {name!r}; this course has {known}")
        if name not in self._loaded:
            self._loaded[name] = load_notebook(self.sources[name])
        return self._loaded[name]

    def chosen(self, words: Iterable[str]) -> tuple[str, ...]:
        """The assignments that words name, in the order of the course; all for no words.

        Args:
            words: Each an assignment (`02_layers`), its notebook's name (`layers`), or the path of
                its folder, of its source or of the notebook that is released from it.

        Raises:
            CourseError: A word names none of them.
        """
        names = {self._named(word) for word in words} or set(self.sources)
        return tuple(name for name in self.sources if name in names)

    def _named(self, word: str) -> str:
        stems = {path.stem: name for name, path in self.sources.items()}
        path = Path(word)
        for part in (word, path.name, path.stem, path.parent.name):
            for name in (part, stems.get(part)):
                if name in self.sources:
                    return name
        near = difflib.get_close_matches(path.stem, [*self.sources, *stems], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise CourseError(
            f"no notebook {word!r} in this course.{hint} It has {', '.join(self.sources)}"
        )


def find_course_root(start: Path | None = None) -> Path:
    """The nearest folder, from `start` (the working directory) upwards, that holds a course.

    Raises:
        CourseError: When there is none.
    """
    begin = Path(start or Path.cwd()).resolve()
    for folder in (begin, *begin.parents):
        if (folder / SOLUTIONS).is_dir() and (folder / CONFIG).is_file():
            return folder
    raise CourseError(
        f"no course at {begin} or above it: expected a folder with {SOLUTIONS}/ and {CONFIG}. "
        "Change into the course's folder and try again."
    )


def load_course(root: Path) -> Course:
    """Look through `solutions/`; every folder in it is an assignment with one notebook.

    Raises:
        CourseError: When a folder has no source, or more than one.
    """
    root = Path(root).resolve()
    folder = root / SOLUTIONS
    if not folder.is_dir():
        raise CourseError(f"{root} has no folder {SOLUTIONS}/; is it the root of a course?")
    sources = {}
    for assignment in sorted(folder.iterdir()):
        hidden = assignment.name.startswith((".", "_"))
        if assignment.is_dir() and not hidden and any(assignment.iterdir()):
            sources[assignment.name] = _only_source(assignment)
    if not sources:
        raise CourseError(f"{folder} has no assignments; add a folder such as 02_layers/layers.py")
    return Course(root, sources)


def source_of(root: Path, assignment: str) -> Path:
    """The solved source of one assignment.

    Raises:
        CourseError: There is no such assignment, or not one source in it.
    """
    folder = root / SOLUTIONS / assignment
    if not folder.is_dir():
        load_course(root).assignment(assignment)  # which says what there is
    return _only_source(folder)


def _only_source(assignment: Path) -> Path:
    found = sorted(p for p in assignment.glob("*.py") if not p.name.endswith(BANK))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "none"
        raise CourseError(f"{assignment} must hold one solved notebook, a file *.py; found {names}")
    return found[0]


BITS = 256
PRIVATE = ".secret"
VARIABLE = "AUTOGRADER_SECRET"
_DIGITS = re.compile(r"[0-9a-fA-F]{16,}")
_SEED = re.compile(rf"[0-9a-f]{{{BITS // 4}}}")


def secret_path(root: Path) -> Path:
    """Where the seed of a course lies; the variable AUTOGRADER_SECRET may name another file."""
    other = os.environ.get(VARIABLE)
    return Path(other).expanduser() if other else Path(root) / PRIVATE / "course.seed"


def private_folder(root: Path) -> Path:
    """The course's own folder for what nobody else may read; it keeps itself out of git.

    Raises:
        OSError: It cannot be made.
    """
    folder = Path(root) / PRIVATE
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
    return folder


def secret_seed(root: Path) -> str:
    """The seed, as 64 hexadecimal digits; made on first use, readable by its owner only.

    Two processes that make it at once agree: the file appears complete, and only one appears.

    Raises:
        CourseError: When it cannot be read or written, or is damaged.
    """
    path = secret_path(root)
    try:
        if not path.exists():
            if _DIGITS.fullmatch(os.environ.get(VARIABLE, "")):
                raise CourseError(
                    f"{VARIABLE} is {len(os.environ[VARIABLE])} hexadecimal digits; expected the "
                    "name of a file. Put the seed into a file and give its path."
                )
            _create(Path(root), path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"cannot read or make the course's secret seed {path}: {error}. It must be a file that "
            f"you own; {VARIABLE} may name another place."
        ) from error
    if not _SEED.fullmatch(text):
        raise CourseError(
            f"the course's secret seed {path} is damaged: expected {BITS // 4} hexadecimal digits. "
            "Put the right one back; a new one (delete the file) draws other hidden cases."
        )
    return text


def existing_seed(root: Path) -> str | None:
    """The seed if there is one; nothing is made."""
    return secret_seed(root) if secret_path(root).exists() else None


def _create(root: Path, path: Path) -> None:
    if VARIABLE in os.environ:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:
        private_folder(root)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(BITS // 8) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its seed is the seed
            _appear(beside, path)
    finally:
        beside.unlink()


def _appear(beside: Path, path: Path) -> None:
    """Give a complete file its name, unless that is taken."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(beside.read_text(encoding="ascii"))
