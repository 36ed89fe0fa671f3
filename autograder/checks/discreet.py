"""What is told about a hidden case: our own words, and lines of the submission, nothing else.

Whatever code raises, returns or names can spell out the inputs that it was given; none of it may
reach the student through the feedback on a hidden case.
"""

from __future__ import annotations

import builtins
from typing import Any

from autograder.exercises.script import Failure, Opaque

_NUMPY_ERRORS = ("LinAlgError", "AxisError", "UFuncTypeError", "_UFuncNoLoopError")
_KNOWN_ERRORS = frozenset(
    name
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException)
).union(_NUMPY_ERRORS)
_FAILED_CALL = "failed call"
_OTHER, _NOT_COMPUTED = "object of another type", "could not be computed"


def failure_on_hidden(row: str, found: Failure, failed: str) -> str:
    """How a row's function failed on a hidden case.

    Args:
        failed: What this kind of failure is called after the row's name.
    """
    if found.kind == "exception":
        name = found.type_name if found.type_name in _KNOWN_ERRORS else "an exception of its own"
        line = found.cell_line.strip()
        return f"{row} raised {name}" + (f" at: {line}" if line else "")
    if found.kind == "skipped":
        return f"{row} was not run, because a call that it needs failed"
    if found.kind in ("timeout", "crash"):  # the sandbox's own words
        return f"{row} {failed}: {found.message}"
    return f"{row} {failed}"


def nameless(value: Any) -> Any:
    """The same value, in which what did not travel has no name of the student's choice."""
    if isinstance(value, Opaque):
        other = type(value) is Opaque and not value.type_name.startswith(_FAILED_CALL)
        return Opaque(_OTHER) if other else type(value)(_NOT_COMPUTED)
    if isinstance(value, (list, tuple)):
        return type(value)(nameless(item) for item in value)
    if isinstance(value, dict):
        return {key: nameless(item) for key, item in value.items()}
    return value
