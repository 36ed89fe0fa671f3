"""What spreadsheets, file systems and links take: CSV that runs nothing, names that are safe."""

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.feedback.blocks import plain
from autograder.feedback.wording import points

LONGEST = 40
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,38}[a-z0-9])?")
_HASHED = re.compile(r".*-[0-9a-f]{10}")
_DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # which Windows keeps for itself


def file_name(student: str) -> str:
    """The name of a student's file, without an ending; different students never share one.

    A short plain name stays as it is. Of any other the letters that ASCII has are kept, and a
    digest of the whole name is added.

    Example:
        >>> file_name("ada"), file_name("Łukasz Żółć"), file_name("../../etc")
        ('ada', 'ukasz-zoc-f2dccd617a', 'etc-74ccf3c5b4')
    """
    simple = _PLAIN.fullmatch(student) and not _HASHED.fullmatch(student)
    if simple and not _DEVICES.fullmatch(student):
        return student
    letters = unicodedata.normalize("NFKD", student).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST].strip("-") or "student"
    digest = hashlib.sha256(student.encode("utf-8", "surrogatepass")).hexdigest()[:10]
    return f"{slug}-{digest}"


_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet may take for the beginning of a formula."""

Cell = str | float | int | None


def table(rows: Iterable[Sequence[Cell]]) -> str:
    r"""The rows as CSV (RFC 4180): numbers as they are, None empty, text that can do nothing.

    Example:
        >>> print(table([["name", "score"], ["=1+1", 10 / 3], ["eve", None]]).replace("\r", ""))
        name,score
        '=1+1,3.3333333333333335
        eve,
        <BLANKLINE>
    """
    text = io.StringIO()
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_cell(value) for value in row])
    return text.getvalue()


def read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    """The header of a table, and its other lines.

    Raises:
        CourseError: It is not in UTF-8.
        GradingError: It cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GradingError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise CourseError(
            f"{path} is not UTF-8; download it again, or save it as CSV in UTF-8"
        ) from error
    header, *lines = list(csv.reader(io.StringIO(text, newline=""))) or [[]]
    return header, lines


def rounded(score: float | None) -> float | None:
    """A score as people expect it in what they open.

    Example:
        >>> rounded(67 / 3), rounded(4.999), rounded(None)
        (22.33, 4.99, None)
    """
    return None if score is None else float(points(score))


def neutral(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would take for a formula.

    OWASP ("CSV Injection"; ASVS 1.2.10) names the signs and the apostrophe. What stands before a
    sign and cannot be seen does not hide it; full-width signs count, too, since some spreadsheets
    read them as the ASCII ones.

    Example:
        >>> neutral("=HYPERLINK(1)"), neutral("＝1"), neutral("o'brien"), neutral(" @x")
        ("'=HYPERLINK(1)", "'＝1", "o'brien", "' @x")
    """
    shown = plain(text).replace("\t", " ").replace("\n", " ")
    seen = unicodedata.normalize("NFKC", text).lstrip(" \u00a0\ufeff\u200b")
    return f"'{shown}" if seen.startswith(_STARTERS) else shown


def _cell(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return neutral(value)
    # The shortest text that reads back as the same number, without an exponent where it fits.
    whole = value == int(value) and abs(value) < 1e15
    return str(int(value)) if whole else repr(float(value))
