"""The key beside a notebook, for those who learn alone: `NAME.key`, where a course hands it out.

It holds the right answers and a solution of every row, packed: nobody reads them by accident.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.exercises.public import SUFFIX, PublicData

KEY = ".key"
_HEAD = "# The answers and a solution of every row, packed. Notebooks read them: solution(...)\n"
_WIDTH = 100


def pack(answers: Mapping[str, Any], solutions: Mapping[str, str]) -> str:
    """The text of a key.

    Args:
        answers: Answer -> case -> what is expected, as in public data.
        solutions: Row -> code, or a text.
    """
    told = json.dumps({"answers": answers, "solutions": solutions}, ensure_ascii=False)
    packed = base64.b64encode(zlib.compress(told.encode())).decode()
    lines = [packed[i : i + _WIDTH] for i in range(0, len(packed), _WIDTH)]
    return _HEAD + "\n".join([*lines, ""])


def solutions(data: Path) -> Mapping[str, str] | None:
    """Row -> its solution; None where the notebook came without a key.

    Args:
        data: The notebook's public data.

    Raises:
        CourseError: The key is damaged.
    """
    told = _read(data)
    return None if told is None else dict(told["solutions"])


def with_answers(public: PublicData, data: Path) -> PublicData:
    """Public data with the right answers in it, where there is a key.

    Raises:
        CourseError: The key is damaged.
    """
    told = _read(data)
    if told is None:
        return public
    exercises = []
    for one in public.exercises:
        known = told["answers"].get(one.exercise.name, {})
        cases = {
            name: {**case, "expected": known.get(name, case["expected"])}
            for name, case in one.cases.items()
        }
        exercises.append(replace(one, cases=cases))
    return replace(public, exercises=tuple(exercises))


def _read(data: Path) -> Any:
    path = data.with_name(data.name.removesuffix(SUFFIX) + KEY)
    if not path.is_file():
        return None
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        packed = "".join(line for line in lines if not line.startswith("#"))
        told = json.loads(zlib.decompress(base64.b64decode(packed, validate=True)))
        return {"answers": dict(told["answers"]), "solutions": dict(told["solutions"])}
    except (OSError, ValueError, KeyError, TypeError, zlib.error, binascii.Error) as error:
        raise CourseError(
            f"{path} is damaged ({error}). Fetch it again, or remove it: checks work without it."
        ) from error
