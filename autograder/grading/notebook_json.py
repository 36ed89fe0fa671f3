"""From a notebook's bytes to cells of text: only what is graded becomes an object.

Outputs and all else that nobody reads are passed over while the text is scanned, so a notebook with
52 MB of pictures costs what its sources cost, and no form of JSON needs more memory than that.
"""

import codecs
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from msgspec import Raw

MAX_CELLS = 2_000
MAX_SOURCE = 2 * 1024 * 1024
NBFORMAT = 4
_AGAIN = "Save the notebook in Jupyter once more, and hand in that file"
_OPEN = "Open it in Jupyter, save it and hand it in again"
_MOST_ESCAPED = 3 * MAX_SOURCE  # bytes of JSON for so much text
_SMALL = 10_000  # bytes of JSON that may become any object
_NOTHING = Raw(b"null")


class UnreadableError(Exception):
    """The file is no notebook that can be graded; the text says why."""


@dataclass(frozen=True)
class SubmittedCell:
    """One cell as handed in. Ids and tags are hints, never believed where points depend on them."""

    kind: str
    source: str
    cell_id: str = ""
    grade_id: str = ""
    tags: tuple[str, ...] = ()
    grade: bool = False


class _Notebook(msgspec.Struct):
    nbformat: Raw = _NOTHING
    cells: Raw = _NOTHING
    worksheets: Raw = _NOTHING


class _Worksheet(msgspec.Struct):
    cells: Raw = _NOTHING


class _Metadata(msgspec.Struct):
    nbgrader: Raw = _NOTHING
    tags: Raw = _NOTHING


class _Nbgrader(msgspec.Struct):
    grade_id: Raw = _NOTHING
    grade: Raw = _NOTHING


class _Cell(msgspec.Struct):
    cell_type: Raw = _NOTHING
    source: Raw = _NOTHING
    input: Raw = _NOTHING  # the source of a code cell, up to nbformat 3
    level: Raw = _NOTHING  # of a heading, up to nbformat 3
    metadata: Raw = _NOTHING
    id: Raw = _NOTHING


def parse(raw: bytes) -> tuple[SubmittedCell, ...]:
    """Take a notebook's bytes apart into cells.

    Raises:
        UnreadableError: With the reason, for the student.
    """
    if not raw.strip():
        raise UnreadableError(f"the file is empty. {_AGAIN}")
    try:
        encoding = json.detect_encoding(raw)  # Windows writes UTF-16, with a mark or without
        if encoding != "utf-8":
            raw = raw.decode(encoding).encode()
        return _cells(_notebook(raw))
    except UnicodeDecodeError as error:
        what = _looks(raw, "not UTF-8 text")
        raise UnreadableError(f"the file is {what}. {_AGAIN}") from error
    except RecursionError as error:
        raise UnreadableError("the file is nested too deeply to be a notebook") from error
    except MemoryError as error:
        raise UnreadableError("the file needs too much memory to be a notebook") from error


def _notebook(raw: bytes) -> _Notebook:
    decode = msgspec.json.Decoder(_Notebook).decode
    try:
        try:
            return decode(raw)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return decode(_strict(raw))
    except msgspec.ValidationError as error:
        what = _looks(raw, "")
        said = f"is {what}" if what else f"holds {_began(raw)}; a notebook is a JSON object"
        raise UnreadableError(f"the file {said}. {_AGAIN}") from error
    except msgspec.DecodeError as error:
        codecs.getincrementaldecoder("utf-8")().decode(raw[:_SMALL])  # a reason of its own
        what = _looks(raw, f"not JSON: {error}")
        raise UnreadableError(f"the file is {what}. {_AGAIN}") from error


_LOOKS = (
    (rb"%PDF", "a PDF"),
    (rb"PK\x03\x04", "a zip archive or an office document"),
    (rb"\x1f\x8b|BZh|\xfd7zXZ|7z\xbc\xaf|Rar!", "an archive"),
    (rb"\x89PNG|\xff\xd8|GIF8", "a picture"),
    (rb"\{\\rtf|\xd0\xcf\x11\xe0", "a document of a word processor"),
    (rb"<<<<<<<", "two versions in one, as git leaves what it cannot merge; keep one of them"),
    (rb"<", "a web page"),
    (rb"\[InternetShortcut\]|https?://", "a link, not what it leads to"),
    (rb"version https://git-lfs", "what Git LFS leaves in the place of a large file"),
    (rb"\0", "full of zero bytes, as after a download that broke off"),
    (rb"#|import |from |def |\"\"\"", "a Python script"),
)
"""How a file begins -> what it is."""


def _looks(raw: bytes, otherwise: str) -> str:
    """What a file is that is no notebook."""
    begins = raw[:100].lstrip()
    return next((what for sign, what in _LOOKS if re.match(sign, begins)), otherwise)


_UP_TO_NAN = re.compile(rb'(?:[^"NI]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+(NaN|Infinity)', re.DOTALL)
_HALF = re.compile(
    rb"(?<!\\)(?:\\\\)*(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def _strict(raw: bytes) -> bytearray:
    """The text as strict JSON: Python writes NaN, infinities and halves of surrogate pairs."""
    text, place = bytearray(raw), 0
    while found := _UP_TO_NAN.match(raw, place):
        place = found.end()
        text[found.start(1) : place] = b"0".ljust(len(found[1]))
    for found in _HALF.finditer(raw):
        if found[1]:
            text[found.start(1) : found.end()] = rb"\ufffd"
    return text


def _cells(notebook: _Notebook) -> tuple[SubmittedCell, ...]:
    version = _value(notebook.nbformat)
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise UnreadableError(
            f"the file has nbformat {_shown(version)}; a notebook gives its version as a number. "
            f"{_OPEN}"
        )
    if version > NBFORMAT:
        raise UnreadableError(
            f"the notebook has nbformat {_shown(version)}; versions up to {NBFORMAT} can be read. "
            "Save it with a released version of Jupyter and hand it in again"
        )
    parts = [notebook.cells]
    if version < NBFORMAT:
        old = f"it has the old nbformat {version} and cannot be upgraded: "
        parts = [
            sheet.cells for sheet in _objects(notebook.worksheets, _Worksheet, "worksheet", old)
        ]
    found = [cell for part in parts for cell in _objects(part, _Cell, "cell")]
    _count(len(found))
    if sum(len(memoryview(c.source)) + len(memoryview(c.input)) for c in found) > _MOST_ESCAPED:
        raise UnreadableError(_TOO_MUCH)
    cells = tuple(_cell(item, number) for number, item in enumerate(found, 1))
    if sum(len(cell.source) for cell in cells) > MAX_SOURCE:
        raise UnreadableError(_TOO_MUCH)
    return cells


_TOO_MUCH = f"the cells hold more than {MAX_SOURCE >> 20} MB of text"


def _count(cells: int) -> None:
    if cells > MAX_CELLS:
        raise UnreadableError(f"the notebook has more than {MAX_CELLS} cells; no more are read")


def _objects(raw: Raw, kind: type[Any], what: str, why: str = "") -> list[Any]:
    """The objects of a list, counted while they are read: a list of millions is never built."""
    if bytes(memoryview(raw)[:1]) != b"[":
        raise UnreadableError(
            f"{why}the notebook's {what}s are {_shown(_value(raw))}; expected a list"
        )
    seen = 0

    class Counted(kind):
        def __post_init__(self) -> None:
            nonlocal seen
            seen += 1
            if seen > MAX_CELLS:
                raise ValueError

    try:
        return msgspec.json.decode(raw, type=list[Counted])
    except msgspec.ValidationError as error:
        _count(seen)
        raise UnreadableError(f"{why}{what} {seen + 1} of the notebook is no object") from error


def _cell(item: _Cell, number: int) -> SubmittedCell:
    metadata = _read(item.metadata, _Metadata)
    nbgrader = _read(metadata.nbgrader, _Nbgrader)
    tags = _value(metadata.tags)
    kind = str(_value(item.cell_type))
    source = item.input if kind == "code" and item.source is _NOTHING else item.source
    text = _source(source, number)
    if kind == "heading":
        level = _value(item.level)
        kind, text = "markdown", f"{'#' * level if level in range(1, 7) else '#'} {text}"
    return SubmittedCell(
        kind=kind,
        source=text,
        cell_id=_id(_value(item.id)),
        grade_id=_id(_value(nbgrader.grade_id)),
        tags=tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else (),
        grade=_value(nbgrader.grade) is True,
    )


def _read(raw: Raw, kind: type[Any]) -> Any:
    """An object of this kind; an empty one where the text is of another form."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, RecursionError):
        return kind()


def _id(value: Any) -> str:
    return _text(value)[:100] if isinstance(value, str) else ""


def _source(raw: Raw, number: int) -> str:
    if raw is _NOTHING:
        return ""
    try:
        found = msgspec.json.decode(raw, type=str | list[str] | None) or ""
    except msgspec.ValidationError as error:
        raise UnreadableError(
            f"the source of cell {number} is {_shown(_value(raw))}; expected text or a list of "
            "lines"
        ) from error
    return _text(found if isinstance(found, str) else "".join(found))


def _text(value: str) -> str:
    """Text with plain newlines."""
    return value.replace("\r\n", "\n").replace("\r", "\n")


class _Long:
    """Something in the place of a short value."""

    def __init__(self, raw: bytes) -> None:
        self.form = _began(raw)


def _value(raw: Raw) -> Any:
    """Any JSON value, if it is short."""
    content = memoryview(raw)
    if len(content) > _SMALL:
        return _Long(bytes(content[:100]))
    try:
        return msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        return _Long(bytes(content[:100]))


_FORMS: Sequence[tuple[bytes, str]] = (
    (b"[", "a list"), (b"{", "an object"), (b'"', "a long text"), (b"n", "null"),
    (b"tf", "a boolean"), (b"-0123456789", "a long number"),
)  # fmt: skip


def _began(raw: bytes) -> str:
    """What kind of JSON value begins like this."""
    first = raw.lstrip()[:1]
    return next((name for begins, name in _FORMS if first and first in begins), "something else")


def _shown(value: Any) -> str:
    """A JSON value for a message: short ones as they are, others by type."""
    if value is None:
        return "missing"
    if isinstance(value, _Long):
        return value.form
    if isinstance(value, (str, int, float)):
        text = repr(value)
        return text if len(text) <= 40 else _began(b'"' if isinstance(value, str) else b"9")
    return "a list" if isinstance(value, list) else "an object"
