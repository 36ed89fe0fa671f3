"""What is to translate: everything that a notebook or the package says, from where it is declared."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from babel.messages.extract import extract_python
from jinja2 import Environment, nodes

from autograder.course import Notebook
from autograder.course.translated import pieces
from autograder.exercises.cases import AGAIN
from autograder.feedback.sentences import SENTENCES
from autograder.feedback.wording import VERDICTS
from autograder.reports.pages import CONCERNS, LEGEND, STATUSES

Entries = dict[str | tuple[str, str], list[str]]
"""A text, or a noun's two forms -> where it stands."""

PACKAGE = Path(__file__).resolve().parent.parent
DOCSTRINGS = ("Args:", "Returns:", "Raises:", "Example:")
"""Titles that stand in every docstring; they are the package's, not a notebook's."""
_CALLS: Mapping[str, tuple[int, ...]] = {"tr": (1,), "counted": (2,), "_Regime": (1,)}


def of_notebook(notebook: Notebook, known: Iterable[str | tuple[str, str]]) -> Entries:
    """What is to translate in a notebook.

    Args:
        known: What the package's catalogue holds already.
    """
    entries: Entries = {}
    elsewhere = set(known)
    for piece in pieces(notebook):
        if piece.text not in elsewhere:
            _add(entries, piece.text, f"{piece.kind}, {piece.where}")
    return entries


def of_package(texts: Mapping[str, Iterable[str]] | None = None) -> Entries:
    """What is to translate in the package.

    Args:
        texts: Of the command line: where -> what it says there.
    """
    entries: Entries = {}
    for key, sentence in SENTENCES.items():
        _add(entries, sentence, key)
    for where, some in {
        "verdict": VERDICTS.values(),
        "status of a submission": STATUSES.values(),
        "legend of the class's page": LEGEND.values(),
        "title of a docstring": DOCSTRINGS,
        "case": [AGAIN],
        "what needs a person": [text for pair in CONCERNS.values() for text in pair],
        **(texts or {}),
    }.items():
        for text in some:
            _add(entries, text, where)
    for path in sorted(PACKAGE.rglob("*.py")):
        for where, text in _calls(path):
            _add(entries, text, where)
    for path in sorted(PACKAGE.rglob("templates/*.html")):
        for where, text in _of_template(path):
            _add(entries, text, where)
    return entries


def _add(entries: Entries, text: str | tuple[str, str], where: str) -> None:
    places = entries.setdefault(text, [])
    if text and where not in places:
        places.append(where)


def _calls(path: Path) -> Iterator[tuple[str, str | tuple[str, str]]]:
    """The literals that a file hands to `tr`, to `counted` and to a regime's name."""
    content = path.read_bytes()
    if not any(f"{name}(".encode() in content for name in _CALLS):
        return
    name = path.relative_to(PACKAGE).as_posix()
    for _, function, found, _ in extract_python(io.BytesIO(content), list(_CALLS), (), {}):
        arguments = found if isinstance(found, tuple) else (found,)
        place = _CALLS[str(function)][0] - 1
        text = arguments[place] if place < len(arguments) else None
        if text:
            yield name, _noun(text) if function == "counted" else text


def _of_template(path: Path) -> Iterator[tuple[str, str | tuple[str, str]]]:
    tree = Environment(extensions=[]).parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    for call in tree.find_all(nodes.Call):
        first = call.args[0] if call.args else None
        if isinstance(call.node, nodes.Name) and call.node.name == "tr":
            if isinstance(first, nodes.Const):
                yield name, str(first.value)
    for filtered in tree.find_all(nodes.Filter):
        if filtered.name == "counted" and isinstance(filtered.args[0], nodes.Const):
            yield name, _noun(str(filtered.args[0].value))


def _noun(noun: str) -> tuple[str, str]:
    return f"{{count}} {noun}", f"{{count}} {noun}s"
