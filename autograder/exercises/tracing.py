"""Watch a call of student code: what its own functions are called with, and its local variables.

Like the interpreter this runs beside student code and decides nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

EVALUATED = " evaluated, arrays of size "
COMPLEX = " evaluated, complex arrays of size "
MAX_COUNTED = 2000
PROFILE_REMOVED = "(the counting of calls was switched off)"


@dataclass
class Trace:
    """What is watched, and what was seen.

    Args:
        function: The function whose local variables are wanted.
        names: Names of these variables.
        calls: Under a function's qualified name, how often it was entered; under
            `name EVALUATED size`, at how many different arrays of that size (`COMPLEX` for
            complex ones), up to a limit.
        stages: The local variables as they were when the function returned.
    """

    function: str
    names: tuple[str, ...] = ()
    calls: dict[str, int] = field(default_factory=dict)
    stages: dict[str, Any] = field(default_factory=dict)


def traced(
    target: Callable[..., Any], args: list[Any], kwargs: dict[str, Any], trace: Trace
) -> Any:
    """Call `target` and fill `trace`; whatever profiler was at work is put back."""
    codes: dict[CodeType, int] = {}
    points: dict[str, set[int]] = {}

    def profile(frame: FrameType, event: str, _: Any) -> None:
        code = frame.f_code
        if event not in ("call", "return") or not is_own(code.co_filename):
            return
        if event == "call":
            codes[code] = codes.get(code, 0) + 1
            _note_arrays(frame, points)
        elif trace.names and code.co_name == trace.function:
            found = frame.f_locals
            trace.stages = {name: found[name] for name in trace.names if name in found}

    outer = sys.getprofile()
    sys.setprofile(profile)
    try:
        return target(*args, **kwargs)
    finally:
        removed = sys.getprofile() is not profile
        sys.setprofile(outer)
        for code, times in codes.items():
            trace.calls[code.co_qualname] = trace.calls.get(code.co_qualname, 0) + times
        trace.calls.update({key: len(seen) for key, seen in points.items()})
        if removed:
            trace.calls[PROFILE_REMOVED] = 1


def _note_arrays(frame: FrameType, points: dict[str, set[int]]) -> None:
    for value in list(frame.f_locals.values()):
        if type(value) is np.ndarray and 1 < value.size <= MAX_COUNTED:
            kind = COMPLEX if value.dtype.kind == "c" else EVALUATED
            seen = points.setdefault(f"{frame.f_code.co_qualname}{kind}{value.size}", set())
            if len(seen) <= 2 * MAX_COUNTED:
                seen.add(hash(value.tobytes()))


def is_own(filename: str) -> bool:
    """Whether code of this file is a cell's (no path, or a kernel's), not a library's."""
    if filename.startswith("<frozen") or filename.startswith("<__array_function__"):
        return False
    return "ipykernel" in filename or not ("/" in filename or "\\" in filename)
