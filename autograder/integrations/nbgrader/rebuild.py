"""Put a submission back into the instructor's notebook, for people to read.

What is graded is the raw submission; what is shown is this. Missing, duplicated, reordered and
edited cells do no harm: every released cell stands in its place with its own metadata, and only
what students write is taken from the submission. Below a check cell stand the findings, then the
score: nbgrader reads it from the first `execute_result`, whose plain text must be a float. No
output, or a text that is no number, would earn full points, and anything on stderr none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import msgspec

from autograder.errors import GradingError
from autograder.feedback import as_html, as_text, card
from autograder.grading.notebook_json import SubmittedCell
from autograder.grading.result import Result, ResultRow, to_row
from autograder.grading.submission import normalised
from autograder.integrations.nbgrader.released import ReleasedCell, ReleasedNotebook
from autograder.language import spoken
from autograder.whole import write_whole

Output = dict[str, Any]


def findings(row: ResultRow) -> list[Output]:
    """The outputs of a graded check cell; most of a class get one of few."""
    said = msgspec.structs.replace(row, digest="")
    return [_shown(msgspec.msgpack.encode(said), spoken()), score(row.score, row.points)]


@lru_cache(maxsize=1024)
def _shown(row: bytes, language: str) -> Output:
    verdict = to_row(msgspec.msgpack.decode(row, type=ResultRow))
    blocks = card(verdict)
    return _display(as_html(blocks), as_text(blocks))


def not_graded() -> list[Output]:
    """The outputs of a check cell that nobody graded: no points, whatever happens next."""
    return [_display("<p>Not graded.</p>", "Not graded."), score(0.0, 0.0)]


def score(earned: float, points: float) -> Output:
    """The output from which nbgrader reads the score.

    Args:
        points: The most that the cell can earn; nbgrader raises an error above it.
    """
    value = float(earned)
    text = repr(min(value, float(points)) if value > 0.0 else 0.0)  # also where it is NaN
    return {
        "output_type": "execute_result",
        "execution_count": 1,
        "metadata": {},
        "data": {"text/plain": text},
    }


def _display(html: str, text: str) -> Output:
    data = {"text/html": html, "text/plain": text}
    return {"output_type": "display_data", "metadata": {}, "data": data}


EXTRA_NOTE = "# Added or changed by the student; it is not part of the released notebook.\n"
ELSEWHERE_NOTE = "# The student wrote this together with {other}.\n"

# Student code is never parsed here: what looks like a definition is good enough to show it.
_DEFINITION = re.compile(r"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+(\w+)|^(\w+)[ \t]*=", re.M)


@dataclass(frozen=True)
class Rebuilt:
    """A submission in the instructor's notebook."""

    # its JSON; every graded check cell says "not graded" until outputs are put there
    notebook: dict[str, Any]
    # the grade ids of the cells that students write and this one did not change
    untouched: frozenset[str]


def rebuild(released: ReleasedNotebook, submitted: Sequence[SubmittedCell]) -> Rebuilt:
    """Take over what the student wrote, and nothing else.

    Args:
        submitted: All cells as handed in, in order; none for a submission that cannot be read.
    """
    sorting = _Sorting(released)
    for given in submitted:
        sorting.take(given)
    answers = sorting.answers()
    used = set(answers.values())
    cells = [_extra(extra, n) for n, extra in sorting.extras(-1, used)]
    untouched = set()
    for index, cell in enumerate(released.cells):
        node = {**cell.node, "source": cell.origin.released or ""}
        if index in answers:
            node["source"] = _answer(cell, submitted[answers[index]])
        elif index in sorting.elsewhere:
            node["source"] = ELSEWHERE_NOTE.format(other=sorting.elsewhere[index])
        if cell.written and node["source"] == cell.origin.released:
            untouched.add(cell.grade_id)
        if node["cell_type"] == "code":
            outputs = not_graded() if cell.graded else []
            node |= {"outputs": outputs, "execution_count": None}
        cells.append(node)
        cells += [_extra(extra, n) for n, extra in sorting.extras(index, used)]
    notebook = {"cells": cells, "metadata": released.metadata, "nbformat": 4, "nbformat_minor": 5}
    return Rebuilt(notebook, frozenset(untouched))


class _Sorting:
    """Which submitted cell stands for which released one. Cells are known by their numbers.

    Attributes:
        elsewhere: Solution cell -> a function whose cell holds its answer, too.
    """

    def __init__(self, released: ReleasedNotebook) -> None:
        self.released = released
        self.elsewhere: dict[int, str] = {}
        self._own: dict[str, int] = {}
        self._hints: dict[str, int] = {}
        for index, cell in enumerate(released.cells):
            if not cell.written:
                for text in cell.texts:
                    self._own.setdefault(text, index)
            for key in (cell.origin.cell_id, cell.origin.grade_id):
                if key:
                    self._hints[key] = index
        self._cells: list[SubmittedCell] = []
        self._position = -1  # the released cell that the last one belongs to
        self._defining: dict[str, int] = {}  # function -> the last cell that defines it
        self._named: dict[int, int] = {}  # released cell -> the cell that bears its id
        self._others: dict[int, list[int]] = {}  # released cell -> what follows it

    def take(self, cell: SubmittedCell) -> None:
        """Look at the next submitted cell."""
        number = len(self._cells)
        self._cells.append(cell)
        own = self._own.get(normalised(cell.source))
        if own is not None:
            self._position = own
            return
        hint = self._hints.get(cell.grade_id, self._hints.get(cell.cell_id))
        if hint is not None:
            self._position = hint
            if self._may_stand_for(cell, self.released.cells[hint]):
                self._named[hint] = self._better(hint, number)
        if cell.kind == "code":
            for match in _DEFINITION.finditer(cell.source):
                self._defining[match[1] or match[2]] = number
        self._others.setdefault(self._position, []).append(number)

    def answers(self) -> dict[int, int]:
        """Released cell -> the submitted cell that stands in its place."""
        found: dict[int, int] = {}
        used: dict[int, str] = {}
        for index, cell in enumerate(self.released.cells):
            if cell.origin.kind != "solution":
                continue
            places = [self._defining[f] for f in cell.origin.functions if f in self._defining]
            if not places:
                continue
            number = max(places)  # the last definition is the one that holds
            if number in used:
                self.elsewhere[index] = used[number]
            else:
                found[index] = number
                used[number] = cell.origin.functions[0]
        for index, number in self._named.items():
            if index not in found and index not in self.elsewhere and number not in used:
                found[index] = number
                used[number] = ""
        return found

    def extras(self, index: int, used: set[int]) -> list[tuple[int, SubmittedCell]]:
        """The student's other cells after a released one, with their numbers."""
        if index not in self._others:
            return []
        cells = ((n, self._cells[n]) for n in self._others[index] if n not in used)
        return [(n, c) for n, c in cells if c.kind in ("code", "markdown") and c.source.strip()]

    def _may_stand_for(self, cell: SubmittedCell, released: ReleasedCell) -> bool:
        """Whether students may change the cell, and did so in one of its kind."""
        kind = released.origin.kind
        wanted = "markdown" if kind == "text" else "code"
        return kind in ("solution", "text", "experiment") and cell.kind == wanted

    def _better(self, hint: int, number: int) -> int:
        """Of two cells with one id: the later one, unless it is the starter unchanged."""
        before = self._named.get(hint)
        given = normalised(self._cells[number].source)
        if before is not None and given in self.released.cells[hint].texts:
            return before
        return number


def _answer(cell: ReleasedCell, written: SubmittedCell) -> str:
    if normalised(written.source) in cell.texts:
        return cell.origin.released or ""
    if cell.node["cell_type"] == "markdown":
        return harmless_markdown(written.source)
    return written.source


def _extra(cell: SubmittedCell, number: int) -> dict[str, Any]:
    node: dict[str, Any] = {"cell_type": cell.kind, "id": f"student-{number}", "metadata": {}}
    if cell.kind == "markdown":
        return node | {"source": harmless_markdown(cell.source)}
    return node | {"source": EXTRA_NOTE + cell.source, "outputs": [], "execution_count": None}


_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=[A-Za-z#])")
_SCHEME = re.compile(r"(script|data)([\s\\]*):", re.IGNORECASE)


def harmless_markdown(source: str) -> str:
    r"""Break HTML tags, entities and links that run code; mathematics and code stay readable.

    A space after `<` or `&` changes nothing that a person reads, and no browser takes it for HTML.

    Example:
        >>> harmless_markdown("$a<b$, *so* <script>alert(1)</script>")
        '$a< b$, *so* < script>alert(1)< /script>'
        >>> harmless_markdown("[x](javascript:alert(1))")
        '[x](javascript :alert(1))'
    """
    text = _ENTITY.sub("& ", _TAG.sub("< ", source))
    return _SCHEME.sub(r"\1\2 :", text)


def harmless_line(text: str) -> str:
    r"""One line of text as it is, for a banner in HTML.

    Example:
        >>> harmless_line("<b>\nx")
        '&lt;b&gt; x'
    """
    return escape(" ".join(text.split()), quote=True)


TIMESTAMP = "timestamp.txt"
WAITS_FOR_A_PERSON = {"autograder": {"manual": True}}
"""Metadata of a check cell that the grader leaves to a person: nbgrader has no sign for it."""

_TAIL = 1000  # the metadata stand at the end of the file, as keys are sorted
PERMISSIONS = 0o444  # nbgrader's own for what it has autograded

_BANNERS = {
    "unreadable": "This submission could not be read, so it earns no points.",
    "missing": "Nothing was handed in.",
    "unclear": "There is no score yet: this notebook does not lie under its name.",
    "overload": "There is no score yet: this submission was too much work for the grader.",
    "failed": "This submission was not graded: the grader failed.",
    "stale": "These scores are from an earlier submission: this one got none.",
}


def finished(rebuilt: Rebuilt, result: Result) -> dict[str, Any]:
    """The autograded notebook: the submission in the instructor's notebook, with its result."""
    notebook = rebuilt.notebook
    put_findings(notebook, result)
    if result.status in _BANNERS:
        notebook["cells"].insert(0, _banner(_BANNERS[result.status], result.message))
    return notebook | {"metadata": notebook["metadata"] | {"autograder": {"digest": result.digest}}}


def put_findings(notebook: dict[str, Any], result: Result) -> None:
    """Put every row's findings and score below its check cell."""
    rows = {row.id: row for row in result.rows}
    for cell in notebook["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code" or not meta.get("grade"):
            continue
        row = rows.get(meta["grade_id"])
        # Elsewhere nothing was run, and a banner says why.
        judged = result.status in ("graded", "stale")
        cell["outputs"] = findings(row) if row and judged else not_graded()
        cell["execution_count"] = 1
        if row is not None and row.status == "manual":
            cell["metadata"] = {**cell["metadata"], **WAITS_FOR_A_PERSON}


def _banner(lead: str, why: str) -> dict[str, Any]:
    text = (
        '<div class="mathjax_ignore tex2jax_ignore" style="border-left:4px solid #d9363e;'
        f'padding:.4em .9em"><b>{lead}</b> {harmless_line(why)}</div>'
    )
    return {"cell_type": "markdown", "id": "autograder-banner", "metadata": {}, "source": text}


def is_of(path: Path, digest: str) -> bool:
    """Whether an autograded notebook was written for the result that has this digest."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL))
            return bool(digest) and digest.encode() in file.read()
    except OSError:
        return False


def write_autograded(path: Path, notebook: dict[str, Any], handed_in: datetime | None) -> None:
    """Write a notebook, whole or not at all, and beside it when it was handed in (UTC).

    Raises:
        GradingError: When the file system refuses.
    """
    text = msgspec.json.format(msgspec.json.encode(notebook, order="sorted"), indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text + b"\n", mode=PERMISSIONS)
        if handed_in:
            timestamp = f"{handed_in.isoformat(' ')} UTC".encode()
            write_whole(path.with_name(TIMESTAMP), timestamp, mode=PERMISSIONS)
        else:
            path.with_name(TIMESTAMP).unlink(missing_ok=True)
    except OSError as error:
        raise GradingError(
            f"cannot write the autograded notebook {path}: {error.strerror or error}. Scores "
            "and results do not depend on it; mend that and run the same command again."
        ) from error
