"""Which assignment a notebook is, whatever it is called: by the released cells that are in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.course.folder import ASSIGNMENTS
from autograder.grading.notebook_json import SubmittedCell, UnreadableError, parse
from autograder.grading.plan import normalised
from autograder.grading.student_folder import sounds_like
from autograder.grading.submission import read

_FEW = 3
"""So many cells of one assignment alone make it that one, and so many times those of another."""


@dataclass(frozen=True)
class Match:
    """What a notebook is."""

    # the one that it is; several where it may be any of them; none where it is nothing of this
    # course
    assignments: tuple[str, ...]
    untouched: bool = False  # no cell differs from those that were released
    unreadable: str = ""  # why it cannot be read; its name alone was looked at


class Matcher:
    """Knows the cells of all released notebooks.

    Args:
        sources: Assignment -> solved source, whose stem is the name of the notebook.
    """

    def __init__(self, root: Path, sources: Mapping[str, Path]) -> None:
        self._names = {name: path.stem for name, path in sources.items()}
        self._texts: set[str] = set()
        seen: dict[str, set[str]] = {}
        for name, stem in self._names.items():
            for path in sorted((root / ASSIGNMENTS).glob(f"**/{name}/{stem}.ipynb")):
                cells = read(path).cells
                self._texts |= {normalised(cell.source) for cell in cells}
                for key in _keys(cells):
                    seen.setdefault(key, set()).add(name)
        # What stands in several notebooks tells none from another.
        self._only = {key: next(iter(names)) for key, names in seen.items() if len(names) == 1}

    def match(self, raw: bytes, path: str) -> Match:
        """What the notebook with these bytes is.

        Args:
            path: Where it lay, which counts only where its cells say nothing.
        """
        try:
            cells = parse(raw)
        except UnreadableError as error:
            named = (name for name, stem in self._names.items() if sounds_like(path, name, stem))
            return Match(tuple(named), unreadable=str(error))
        counts = Counter(self._only[key] for key in _keys(cells) if key in self._only)
        likely = [name for name, count in counts.most_common() if count >= _FEW]
        if len(likely) > 1 and counts[likely[0]] < _FEW * counts[likely[1]]:
            return Match(tuple(likely))
        texts = {normalised(cell.source) for cell in cells if cell.source.strip()}
        return Match(tuple(likely[:1]), untouched=bool(likely) and texts <= self._texts)


def _keys(cells: Sequence[SubmittedCell]) -> set[str]:
    """What a cell can be known by: its ids, and its text where there is enough of it."""
    ids = {f"id {id}" for cell in cells for id in (cell.cell_id, cell.grade_id) if id}
    texts = {normalised(cell.source) for cell in cells}
    return ids | {f"text {text}" for text in texts if len(text) > 30}
