"""The public data beside a notebook: what the student's `check` needs and may know.

One JSON file per notebook: the declarations (shapes, points, hints; no mistakes, no answers), the
expected values on the public cases, fingerprints of the known mistakes with their messages, and
keys of automatic slips. The cases themselves are drawn again from the public seed.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

import attrs
import numpy as np

from autograder.errors import CourseError, DeclarationError
from autograder.exercises.cases import Variant
from autograder.exercises.exercise import Exercise
from autograder.exercises.expressions import Expressions
from autograder.exercises.inputs import IF_SET, INPUTS
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Answer, Module, Text
from autograder.exercises.witness import Critic, Witness

SCHEMA = 1
DIGITS = 12
FURTHER_SEED = "further"
"""The cases on which a line is confirmed before it is told, in the grader."""
PUBLIC_SEED = "public"
SUFFIX = ".check.json"

KINDS: dict[str, type[Exercise]] = {
    kind.__name__: kind
    for kind in (
        Layer, Loss, Function, Sampler, Module, Witness, Critic, Expressions, Answer, Text,
    )
}  # fmt: skip
_SECRET = {"mistakes", "rubric", "gradient_of"}
_TAGGED: dict[str, type] = {**INPUTS, "Variant": Variant}


@dataclass(frozen=True)
class PublicExercise:
    """One exercise as students get it."""

    exercise: Exercise  # the declaration, without mistakes
    cases: dict[str, Any]  # case name -> `{"shapes": [...], "expected": {row: {output: ...}}}`
    # one dict per known mistake: function, name, says, fingerprints
    mistakes: tuple[dict[str, Any], ...] = ()
    # row -> output -> kind of slip -> keys of what such slips give
    slips: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    # a digest of that from which the slips were derived, the cases apart, or `""`
    slips_of: str = ""


@dataclass(frozen=True)
class PublicData:
    """The public data of one notebook."""

    assignment: str
    notebook: str
    exercises: tuple[PublicExercise, ...]
    language: str = ""  # the language of the notebook, where it is not English
    # what the texts in it are called in that language
    words: dict[str, str] = field(default_factory=dict)

    def find(self, row: str) -> PublicExercise | None:
        """The exercise that has a row of this id."""
        for public in self.exercises:
            if any(r.id == row for r in public.exercise.rows):
                return public
        return None


def dump(data: PublicData) -> str:
    """The JSON text, a line per case, mistake and row of slips; equal data give equal bytes."""
    blocks = []
    for public in data.exercises:
        cases = _lines(f"{_json(name)}: {_json(case)}" for name, case in public.cases.items())
        mistakes = _lines(_json(m) for m in public.mistakes)
        slips = _lines(f"{_json(row)}: {_json(of)}" for row, of in public.slips.items())
        blocks.append(
            f'{{"declaration": {_json(encode(public.exercise))},\n'
            f' "cases": {{{cases}}},\n "mistakes": [{mistakes}],\n'
            f' "slips_of": {_json(public.slips_of)},\n "slips": {{{slips}}}}}'
        )
    head = {"schema": SCHEMA, "assignment": data.assignment, "notebook": data.notebook}
    return _json(head)[:-1] + ', "exercises": [\n' + ",\n".join(blocks) + "\n]}\n"


def with_words(text: str, language: str, words: Mapping[str, str]) -> str:
    """The text of public data with what its texts are called in a language; no number changes."""
    lines = _lines(f"{_json(english)}: {_json(other)}" for english, other in words.items())
    return text.removesuffix("}\n") + f', "language": {_json(language)}, "words": {{{lines}}}}}\n'


def load(path: Path) -> PublicData:
    """Read public data.

    Raises:
        CourseError: When the file is missing, is not JSON, or has another schema.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        if raw.get("schema") != SCHEMA:
            raise CourseError(
                f"{path.name} has schema {raw.get('schema')!r}; this version of the kit reads "
                f"schema {SCHEMA}. Get the notebook and {path.name} from the same release."
            )
        exercises = tuple(_exercise(e) for e in raw["exercises"])
        return PublicData(
            raw["assignment"],
            raw["notebook"],
            exercises,
            raw.get("language", ""),
            dict(raw.get("words", {})),
        )
    except OSError as error:
        raise CourseError(
            f"cannot read {path}: {error.strerror}. It ships beside the notebook; fetch it again."
        ) from error
    except DeclarationError as error:  # an option that this version of the kit does not know
        raise CourseError(
            f"{path.name} is of another version of the kit ({error}). Get the kit and the notebook "
            "from the same release, and restart the kernel."
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CourseError(f"{path} is damaged ({error}); fetch it again.") from error


def dump_exercise(public: PublicExercise) -> str:
    """One exercise as text, without mistakes and slips: what it takes to judge an answer."""
    return _json({"declaration": encode(public.exercise), "cases": public.cases})


def load_exercise(text: str) -> PublicExercise:
    """The inverse of `dump_exercise`."""
    return _exercise(json.loads(text))


def _exercise(raw: dict[str, Any]) -> PublicExercise:
    mistakes = tuple(raw.get("mistakes", ()))
    slips = raw.get("slips", {}), raw.get("slips_of", "")
    return PublicExercise(decode(raw["declaration"]), raw["cases"], mistakes, *slips)


def encode(value: Any) -> Any:
    """Turn a declaration into JSON values; secret fields are left out."""
    declared = _declared(value)
    if declared:
        body = {
            f.name: encode(getattr(value, f.name))
            for f in declared
            if f.metadata != IF_SET or getattr(value, f.name) not in (f.default, {})
        }
        body = {key: item for key, item in body.items() if key not in _SECRET}
        return {"is": type(value).__name__, **body}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if isinstance(value, list):
        return {"is": "list", "items": [encode(item) for item in value]}
    if isinstance(value, (np.ndarray, np.generic)):
        narrow = {"dtype": value.dtype.name} if value.dtype in (np.float16, np.float32) else {}
        return {**encode_value(value), **narrow}
    return value


def _declared(value: Any) -> Sequence[Any]:
    """The fields of an exercise, an input or a variant; none of anything else."""
    if isinstance(value, Exercise):
        return attrs.fields(type(value))
    if is_dataclass(value) and not isinstance(value, type):
        return fields(value)
    return ()


def decode(value: Any) -> Any:
    """The inverse of `encode`.

    A name is one object wherever it stands, as in a source: cases that are the same then pickle to
    the same bytes, and what was found on them is found again.
    """
    if isinstance(value, list):
        return tuple(decode(item) for item in value)
    if isinstance(value, str):
        return sys.intern(value)
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return decode_value(value)
    if "is" not in value:
        return {sys.intern(key): decode(item) for key, item in value.items()}
    body = {sys.intern(key): decode(item) for key, item in value.items() if key != "is"}
    if value["is"] == "list":
        return list(body["items"])
    if value["is"] in _TAGGED:
        return _TAGGED[value["is"]](**body)
    kind = KINDS[value["is"]]
    unknown = set(body) - {f.alias for f in attrs.fields(kind)}
    if unknown:
        raise DeclarationError(f"{kind.__name__} has no option {sorted(unknown)[0]!r}")
    return kind(**body)


def encode_value(value: Any) -> Any:
    """A tree of arrays and numbers as JSON, numbers with 12 significant digits."""
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.asarray(value)
        kind = array.dtype.kind
        numbers = [_number(x) for x in array.ravel().tolist()]
        return {"array": list(array.shape), "kind": kind, "values": numbers}
    if isinstance(value, (tuple, list)):
        return {"list": [encode_value(item) for item in value]}
    if isinstance(value, Mapping):
        return {"dict": {str(key): encode_value(item) for key, item in value.items()}}
    number = _number(value)
    # A text such as "nan" stays a text: a number that JSON cannot write is marked as one.
    return {"float": number} if isinstance(value, float) and isinstance(number, str) else number


def decode_value(value: Any) -> Any:
    """The inverse of `encode_value`."""
    if isinstance(value, dict):
        if "array" in value:
            kinds = {"b": bool, "i": np.int64, "u": np.uint64}
            dtype = value.get("dtype") or kinds.get(value["kind"], float)
            numbers = [float(x) if isinstance(x, str) else x for x in value["values"]]
            return np.array(numbers, dtype).reshape(value["array"])
        if "list" in value:
            return tuple(decode_value(item) for item in value["list"])
        if "float" in value:
            return float(value["float"])
        return {key: decode_value(item) for key, item in value["dict"].items()}
    return value


def _number(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0 if math.isfinite(value) else str(value)
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _lines(items: Any) -> str:
    text = ",\n  ".join(items)
    return f"\n  {text}\n " if text else ""
