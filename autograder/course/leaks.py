"""Search what ships to students for what must not: solutions, mistakes, the secret seed."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.course.build import files_below
from autograder.course.cells import BEGIN, END, inside
from autograder.course.notebook import Notebook
from autograder.exercises import Mistake

LONG = 25
"""A line counts as telling when it is longer than this, spaces around it left out."""


def find_leaks(notebooks: Sequence[Notebook], folder: Path, seed: str | None) -> list[str]:
    """Search every file below `folder`.

    Args:
        seed: The secret seed, where there is one already.

    Returns:
        One message per leak: the file, what leaked and what to do. No secret is quoted.
    """
    telling = [told for notebook in notebooks for told in telling_texts(notebook).items()]
    leaks = []
    for path in files_below(folder):
        content = path.read_bytes().decode("utf-8", "replace")
        shipped = "\n".join(_squeezed(text) for text in _texts(path, content))
        name = path.relative_to(folder).as_posix()
        for text, what in telling:
            if text in shipped:
                leaks.append(f"{name} contains {what}: {text!r}. Reword what ships.")
        if BEGIN in content or END in content:
            leaks.append(f"{name} contains a solution marker. Is the marker's cell tagged wrongly?")
        if seed is not None and seed in content:
            leaks.append(f"{name} contains the course's secret seed. Do not release it.")
    return list(dict.fromkeys(leaks))


@lru_cache(maxsize=32)
def telling_texts(notebook: Notebook) -> dict[str, str]:
    """The texts that must not ship and are long enough to tell -> whose each is."""
    found: dict[str, str] = {}

    def add(line: str, what: str) -> None:
        if len(line.strip()) > LONG:
            found.setdefault(_squeezed(line), what)

    for cell in notebook.cells:
        if cell.kind in ("solution", "text"):
            owner = cell.row or cell.functions[0]
            for line in inside(cell.source):
                add(line, f"a line of the solution of {owner}")
    # What a mistake may share with the starter: signatures and the lines around a solution.
    starters = (cell.released or "" for cell in notebook.cells if cell.kind == "solution")
    visible = {_squeezed(line) for starter in starters for line in starter.split("\n")}
    for exercise in notebook.exercises:
        for mistake in exercise.mistakes:
            for line in _mistaken_lines(mistake, notebook.sources[mistake.function]):
                if _squeezed(line) not in visible:
                    add(line, f"the mistake {mistake.name} of {mistake.function}")
    return found


def _mistaken_lines(mistake: Mistake, reference: str) -> Iterator[str]:
    """The new texts of an edit, and every line in which the mistake differs from the reference."""
    for _, new in mistake.edits:
        yield from new.split("\n")
    known = set(reference.split("\n"))
    yield from (line for line in mistake.apply(reference).split("\n") if line not in known)


def _texts(path: Path, content: str) -> Iterator[str]:
    """The content of a file, and for JSON also its strings as a person reads them."""
    yield content
    if path.suffix in (".json", ".ipynb"):
        try:
            yield from _strings(json.loads(content))
        except ValueError:
            return


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield "".join(value)  # a cell's source
        for item in value:
            yield from _strings(item)


def _squeezed(text: str) -> str:
    """The text with every run of white space made one space."""
    return re.sub(r"\s+", " ", text).strip()
