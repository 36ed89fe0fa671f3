"""What lies beside a notebook: the public data that ships with it, and what the last checks said.

`check` and `progress` leave `.NAME.progress.json`, a hidden file. It tells the student something
and a grader nothing, so whatever is wrong with it counts as "not checked yet".
"""

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.checks.finding import RowResult
from autograder.errors import CourseError
from autograder.exercises.exercise import Row
from autograder.exercises.kinds_stateful import Answer
from autograder.exercises.public import SUFFIX, PublicData, PublicExercise, load
from autograder.explain import Question, from_public
from autograder.feedback.key import with_answers
from autograder.feedback.wording import listed
from autograder.language import said
from autograder.whole import write_whole


class CheckError(CourseError):
    """The check itself could not be made; shown in a notebook without the kit's own frames."""

    def _render_traceback_(self) -> list[str]:
        return [said(str(self))]


@dataclass(eq=False)
class Sheet:
    """The public data of one notebook, ready to be asked; questions are made when needed."""

    path: Path
    data: PublicData
    _questions: dict[str, Question] = field(default_factory=dict)

    @cached_property
    def rows(self) -> dict[str, tuple[PublicExercise, Row]]:
        """Row id -> its exercise and itself, in the order of the notebook."""
        return {row.id: (e, row) for e in self.data.exercises for row in e.exercise.rows}

    def withholds(self, public: PublicExercise) -> bool:
        """Whether it is an answer of which nobody here knows the right one."""
        known = any(case["expected"] for case in public.cases.values())
        return isinstance(public.exercise, Answer) and not known

    def question(self, public: PublicExercise) -> Question:
        """The question about an exercise."""
        name = public.exercise.name
        if name not in self._questions:
            self._questions[name] = from_public(public)
        return self._questions[name]


_READ: dict[tuple[Path, int, int], Sheet] = {}


def sheets(namespace: Mapping[str, Any]) -> list[Sheet]:
    """The public data of the notebook that runs here; several where a folder holds several.

    Raises:
        CheckError: When there is none, or it cannot be read.
    """
    here = opened(namespace)
    folders = dict.fromkeys([Path.cwd(), *([here.parent] if here else [])])
    for folder in folders:
        found = sorted(folder.glob(f"*{SUFFIX}"))
        own = [path for path in found if here and path.name == here.stem + SUFFIX]
        if own or found:
            return [_read(path) for path in own or found]
    raise CheckError(
        f"There is no *{SUFFIX} in {Path.cwd()}. It ships beside the notebook and holds the public "
        "cases: keep the two in one folder, start Jupyter there, and fetch the assignment again "
        "if the file is gone."
    )


def _read(path: Path) -> Sheet:
    try:
        state = path.stat()
        key = (path, state.st_mtime_ns, state.st_size)
        if key not in _READ:
            _READ[key] = Sheet(path, with_answers(load(path), path))
        return _READ[key]
    except OSError as error:
        raise CheckError(f"Cannot read {path}: {error.strerror}.") from error
    except CourseError as error:
        raise CheckError(str(error)) from error


def opened(namespace: Mapping[str, Any]) -> Path | None:
    """The notebook's own path, where the front end tells it (VS Code, Jupyter Server)."""
    for value in (namespace.get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")):
        if isinstance(value, str) and value.endswith(".ipynb"):
            path = Path(value)
            return path if path.is_absolute() else Path.cwd() / path.name
    return None


def row_of(given: Any, namespace: Mapping[str, Any], found: list[Sheet]) -> tuple[Sheet, str]:
    """The row that is meant: its name, a name bound to the object, or the object's own name."""
    if isinstance(given, str):
        names = [given]
    else:
        names = [name for name, value in namespace.items() if value is given]
        if callable(given):
            names.append(getattr(given, "__name__", ""))
    for name in names:
        for sheet in found:
            if name in sheet.rows and (
                callable(given)
                or isinstance(given, str)
                or not isinstance(sheet.rows[name][0].exercise, Answer)
            ):
                return sheet, name
    raise CheckError(_unknown(given, names, found))


def _unknown(given: Any, names: list[str], found: list[Sheet]) -> str:
    rows = [row for sheet in found for row in sheet.rows]
    answers = [name for name in names if name in rows]
    if answers:
        return f'check got the value of {answers[0]}; write its name: check("{answers[0]}")'
    if callable(given) or isinstance(given, str):
        what = given if isinstance(given, str) else getattr(given, "__name__", repr(given))
        return (
            f"{str(what)[:80]} is not a row of {listed([sheet.path.name for sheet in found])}. "
            f"Its rows are {listed(rows, limit=40)}. Does the file belong to this notebook?"
        )
    return (
        f"check got a value of type {type(given).__name__}; expected one of your functions itself, "
        f"such as check({next(iter(rows), 'affine_forward')}), or a name in quotes."
    )


def remember(data: Path, results: Iterable[RowResult]) -> None:
    """Remember verdicts; where the folder cannot be written to, they are forgotten.

    Args:
        data: The public data of the notebook.
    """
    said = {row: list(what) for row, what in said_before(data).items()}
    said |= {result.id: [round(result.score, 6), result.status] for result in results}
    with suppress(OSError):
        write_whole(_file(data), json.dumps(said).encode())


def said_before(data: Path) -> dict[str, tuple[float, str]]:
    """Row -> points and status, as last checked; the argument is that of `remember`."""
    try:
        told: Any = json.loads(_file(data).read_text(encoding="utf-8"))
        return {str(row): (float(score), str(status)) for row, (score, status) in told.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _file(data: Path) -> Path:
    return data.with_name(f".{data.name.removesuffix(SUFFIX)}.progress.json")
