"""Read a notebook that nobody trusts: from a path to cells of text, or a reason why not."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import GradingError

MAX_BYTES = 20 * 1024 * 1024
MAX_CELLS = 2_000
MAX_SOURCE = 2 * 1024 * 1024
NBFORMAT = 4
_AGAIN = "Save the notebook in Jupyter once more, and hand in that file"


class UnreadableError(Exception):
    """The file is no notebook that can be graded; the text says why."""


@dataclass(frozen=True)
class Handin:
    """Where a student's answer to one assignment should be.

    Args:
        student: The name of the student's folder.
        path: The notebook, or None when there is none.
        note: What was found in its place.
    """

    student: str
    assignment: str
    path: Path | None
    note: str = ""


@dataclass(frozen=True)
class SubmittedCell:
    """One cell as handed in. Ids and tags are hints, never believed where points depend on them."""

    kind: str
    source: str
    cell_id: str = ""
    grade_id: str = ""
    tags: tuple[str, ...] = ()
    grade: bool = False


@dataclass(frozen=True)
class Submission:
    """A notebook as handed in.

    Args:
        digest: SHA-256 of the file's bytes.
        cells: In order; empty when it cannot be read.
        problem: Why it cannot be read; empty when it can.
    """

    digest: str
    cells: tuple[SubmittedCell, ...] = ()
    problem: str = ""

    @property
    def code(self) -> tuple[SubmittedCell, ...]:
        """The code cells, in order."""
        return tuple(cell for cell in self.cells if cell.kind == "code")


def read(path: Path, folder: Path | None = None) -> Submission:
    """Read a notebook.

    Args:
        folder: The file, with all links followed, must lie in this folder.

    Raises:
        GradingError: When the file system refuses, which is not the student's doing.
    """
    try:
        raw = _bytes(path, folder)
    except UnreadableError as error:
        return Submission(hashlib.sha256(str(error).encode()).hexdigest(), problem=str(error))
    digest = hashlib.sha256(raw).hexdigest()
    try:
        return Submission(digest, parse(raw))
    except UnreadableError as error:
        return Submission(digest, problem=str(error))


def fingerprint(path: Path, folder: Path | None = None) -> str:
    """The digest that `read` would give, without looking into the notebook.

    Raises:
        GradingError: When the file system refuses.
    """
    try:
        return hashlib.sha256(_bytes(path, folder)).hexdigest()
    except UnreadableError as error:
        return hashlib.sha256(str(error).encode()).hexdigest()


def _bytes(path: Path, folder: Path | None) -> bytes:
    """The file's bytes; links out of `folder`, devices, pipes and huge files are refused."""
    try:
        resolved = path.resolve(strict=True)
        if folder is not None and not resolved.is_relative_to(folder.resolve()):
            raise UnreadableError(
                f"{path.name} is a link that leads out of the student's folder; "
                "hand in the notebook itself"
            )
        # A pipe would block an ordinary open; whatever it is, it is looked at before it is read.
        flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
        if resolved.is_dir():
            raise UnreadableError(f"{path.name} is a folder; expected a notebook file")
        with os.fdopen(os.open(resolved, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UnreadableError(f"{path.name} is not a regular file; expected a notebook")
            raw = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError) as error:  # up to 3.12 a circle of links is a RuntimeError
        if path.is_symlink():
            raise UnreadableError(f"{path.name} is a link that leads nowhere") from error
        reason = getattr(error, "strerror", None) or str(error)
        raise GradingError(
            f"cannot read {path}: {reason}. Check the file and its permissions."
        ) from error
    if len(raw) > MAX_BYTES:
        raise UnreadableError(
            f"the file is larger than {MAX_BYTES >> 20} MB; clear the outputs of the notebook "
            "and hand it in again"
        )
    return raw


def parse(raw: bytes) -> tuple[SubmittedCell, ...]:
    """Take a notebook's bytes apart into cells.

    Raises:
        UnreadableError: With the reason, for the student.
    """
    if not raw.strip():
        raise UnreadableError(f"the file is empty. {_AGAIN}")
    try:
        document = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"the file is not UTF-8 text (byte {error.start}). {_AGAIN}"
        ) from error
    except RecursionError as error:
        raise UnreadableError("the file is nested too deeply to be a notebook") from error
    except MemoryError as error:
        raise UnreadableError("the file needs too much memory to be a notebook") from error
    except ValueError as error:
        raise UnreadableError(f"the file is not JSON: {error}. {_AGAIN}") from error
    if not isinstance(document, dict):
        raise UnreadableError(
            f"the file holds a JSON {_json_type(document)}; a notebook is an object. {_AGAIN}"
        )
    return _cells(_modern(document))


def _modern(document: dict[str, Any]) -> dict[str, Any]:
    """The document in nbformat 4, upgraded where nbformat can."""
    version = document.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UnreadableError(
            f"the file has nbformat {_shown(version)}; a notebook gives its version as a number. "
            "Open it in Jupyter, save it and hand it in again"
        )
    if version > NBFORMAT:
        raise UnreadableError(
            f"the notebook has nbformat {_shown(version)}; versions up to {NBFORMAT} can be read. "
            "Save it with a released version of Jupyter and hand it in again"
        )
    if version == NBFORMAT:
        return document
    import nbformat  # heavy, and only old notebooks need it

    log = logging.getLogger("traitlets")
    silent, log.disabled = log.disabled, True  # it would print the notebook
    try:
        upgraded = nbformat.convert(nbformat.from_dict(document), NBFORMAT)
    except Exception as error:  # nbformat trusts the document's form and fails in many ways
        raise UnreadableError(
            f"the notebook has the old nbformat {version} and cannot be upgraded "
            f"({type(error).__name__}). Open it in Jupyter, save it and hand it in again"
        ) from error
    finally:
        log.disabled = silent
    return dict(upgraded)


def _cells(document: dict[str, Any]) -> tuple[SubmittedCell, ...]:
    raw = document.get("cells")
    if not isinstance(raw, list):
        raise UnreadableError(f"the notebook's cells are {_shown(raw)}; expected a list")
    if len(raw) > MAX_CELLS:
        raise UnreadableError(f"the notebook has {len(raw)} cells; at most {MAX_CELLS} are read")
    cells = []
    for number, item in enumerate(raw, 1):
        if not isinstance(item, dict):
            raise UnreadableError(f"cell {number} is {_shown(item)}; expected an object")
        cells.append(_cell(item, number))
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise UnreadableError(f"the cells hold more than {MAX_SOURCE >> 20} MB of text")
    return tuple(cells)


def _cell(item: dict[str, Any], number: int) -> SubmittedCell:
    metadata = item.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    nbgrader = metadata.get("nbgrader")
    nbgrader = nbgrader if isinstance(nbgrader, dict) else {}
    tags = metadata.get("tags")
    return SubmittedCell(
        kind=str(item.get("cell_type")),
        source=_source(item.get("source", ""), number),
        cell_id=_id(item.get("id")),
        grade_id=_id(nbgrader.get("grade_id")),
        tags=tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
        grade=nbgrader.get("grade") is True,
    )


def _id(value: Any) -> str:
    return _text(value)[:100] if isinstance(value, str) else ""


def _source(value: Any, number: int) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return _text("".join(value))
    raise UnreadableError(
        f"the source of cell {number} is {_shown(value)}; expected text or a list of lines"
    )


def _text(value: str) -> str:
    """Text that can be encoded, with plain newlines: a lone half of a surrogate pair cannot."""
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "replace").decode("utf-8")


def _json_type(value: Any) -> str:
    names: Sequence[tuple[type | tuple[type, ...], str]] = (
        (bool, "boolean"),
        ((int, float), "number"),
        (str, "text"),
        (list, "list"),
        (dict, "object"),
        (type(None), "null"),
    )
    return next(name for kind, name in names if isinstance(value, kind))


def _shown(value: Any) -> str:
    """A JSON value for a message: short ones as they are, others by type."""
    if value is None:
        return "missing"
    if isinstance(value, (str, int, float)):
        text = repr(value) if not isinstance(value, int) or abs(value) < 10**40 else "9" * 41
        return text if len(text) <= 40 else f"a long {_json_type(value)}"
    return f"a {_json_type(value)}"
