"""What is made: search it for what must not ship to students, and compare it with what lies there.

Solutions, mistakes and the secret seed must not. Text is compared exactly, numbers in the public
data to rounding.
"""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from autograder.course.build import files_below
from autograder.course.cells import BEGIN, END, inside
from autograder.course.notebook import Notebook
from autograder.exercises import Mistake
from autograder.exercises.public import SUFFIX

RELATIVE = 1e-9
ABSOLUTE = 1e-12
"""Below this a number is rounding noise, which differs from one processor to the next."""
SLACK = 10.0
"""A slack is itself measured from rounding noise: only its order of magnitude is compared."""
SHOWN = 5
"""So many parts of a file are named."""
MEND = "run `make release`"


def differences(
    fresh: Path, released: Path, *, shown: str, apart: Collection[str] = (), mend: str = MEND
) -> list[str]:
    """Where the files below `released` are not what was built freshly.

    Args:
        shown: What to call `released` in messages, such as "assignments".
        apart: Folders of it that are not looked at.

    Returns:
        One message per difference: file, part and what to do. Empty when there is none.
    """
    expected = {path.relative_to(fresh).as_posix() for path in files_below(fresh)}
    present = (
        {
            name
            for name in (path.relative_to(released).as_posix() for path in files_below(released))
            if name.split("/")[0] not in apart
        }
        if released.is_dir()
        else set()
    )
    found = [f"{shown}/{name} is missing; {mend}" for name in sorted(expected - present)]
    found += [
        f"{shown}/{name} is stale: nothing in solutions/ makes it; {mend} (which removes it)"
        for name in sorted(present - expected)
    ]
    for name in sorted(expected & present):
        parts = compare(fresh / name, released / name)
        found += [f"{shown}/{name}: {part}; {mend}" for part in parts]
    return found


def compare(fresh: Path, released: Path) -> list[str]:
    """The parts in which a released file differs from the fresh one; empty when in none."""
    new, old = fresh.read_bytes(), released.read_bytes()
    if new == old:
        return []
    if fresh.suffix != ".ipynb" and not fresh.name.endswith(SUFFIX):
        return ["its content differs"]
    try:
        new_tree, old_tree = json.loads(new), json.loads(old)
    except ValueError:
        return ["it is not JSON any more"]
    if fresh.suffix == ".ipynb":
        return _first(_notebook_parts(new_tree, old_tree)) or ["it is formatted differently"]
    return _first(_data_parts(new_tree, old_tree, ""))


def _first(parts: Iterator[str]) -> list[str]:
    """The first parts, and how many more there are."""
    found = list(parts)
    more = len(found) - SHOWN
    return found if more <= 0 else [*found[:SHOWN], f"{more} more parts differ"]


def _notebook_parts(new: Any, old: Any) -> Iterator[str]:
    try:
        new_cells = {cell["id"]: cell for cell in new["cells"]}
        old_cells = {cell["id"]: cell for cell in old["cells"]}
    except (KeyError, TypeError):
        yield "it is no notebook of this kit"
        return
    for cell_id in old_cells:
        if cell_id not in new_cells:
            yield f"cell {cell_id} is not in the source"
    for cell_id, cell in new_cells.items():
        other = old_cells.get(cell_id)
        if other is None:
            yield f"cell {cell_id} is missing"
            continue
        for key in sorted(cell.keys() | other.keys()):
            if cell.get(key) != other.get(key):
                yield f"cell {cell_id}: its {key} differs"
    if list(new_cells) != list(old_cells) and new_cells.keys() == old_cells.keys():
        yield "the order of its cells differs"
    if {**new, "cells": 0} != {**old, "cells": 0}:
        yield "its metadata differs"


def _data_parts(
    new: Any, old: Any, place: str, scale: float = 0.0, noise: Any = 0.0
) -> Iterator[str]:
    """The places in which two JSON trees differ.

    Args:
        scale: The largest number of the same list.
        noise: By how much numbers may differ; where that depends on the case, the row and the
            output, dicts of dicts of it.
    """
    if isinstance(new, dict) and isinstance(old, dict):
        if list(new) != list(old):
            yield f"{place or 'the top'}: it has other entries"
            return
        if "cases" in new:
            noise = _slacks(new["cases"])
        for key in new:
            below = noise.get(key, noise) if isinstance(noise, dict) else noise
            at = f"{place}.{key}".lstrip(".")
            yield from _data_parts(new[key], old[key], at, noise=below)
    elif isinstance(new, list) and isinstance(old, list):
        if len(new) != len(old):
            yield f"{place}: {len(old)} entries, {len(new)} expected"
            return
        size = max((abs(x) for x in [*new, *old] if _is_number(x)), default=0.0)
        for index, (a, b) in enumerate(zip(new, old)):
            yield from _data_parts(a, b, f"{place}[{index}]", size, noise)
    elif _is_number(new) and _is_number(old):
        moved = 0.0 if isinstance(noise, dict) else noise
        if ".prints." in place:  # what a mistake gives may be larger than what is right
            moved *= max(1.0, scale)
        if not _close(float(new), float(old), scale, moved, place.endswith(".slack")):
            yield f"{place}: {old!r}, {new!r} expected"
    elif new != old or type(new) is not type(old):
        yield f"{place}: {_short(old)}, {_short(new)} expected"


def _slacks(cases: Any) -> dict[str, Any]:
    """Case -> row -> output -> how far it moves by rounding: much in float32."""
    return {
        name: {
            row: {output: expected.get("slack", 0.0) for output, expected in outputs.items()}
            for row, outputs in case.get("expected", {}).items()
        }
        for name, case in cases.items()
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _close(new: float, old: float, scale: float, noise: float, slack: bool) -> bool:
    large, small = max(abs(new), abs(old)), min(abs(new), abs(old))
    if slack:
        return large <= SLACK * small + RELATIVE
    return abs(new - old) <= RELATIVE * max(large, scale) + ABSOLUTE + noise


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


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
