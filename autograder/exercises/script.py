"""What is asked of a namespace: a script of calls; and what came of each: an outcome.

A script is plain data, so the same script runs in the student's kernel, in a sandboxed child
and in the namespace of the reference or of a known mistake. `interpreter.execute` runs it.

Values are trees of NumPy arrays, numbers, booleans, strings, None, lists, tuples and dicts. In the
arguments of a call they may hold the placeholders below, which are resolved where the script runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np

from autograder.exercises.operands import Raised


@dataclass(frozen=True)
class Ref:
    """The live result of an earlier call of the same script, or a part of it."""

    call: int  # index of the call in the script
    # indices or keys to follow into its result; `(-1,)` is its last element
    path: tuple[int | str, ...] = ()


@dataclass(frozen=True)
class Name:
    """Whatever the namespace holds under this name, such as a provided function."""

    name: str
    # when given, what the function of that name returns for them, made anew for each use
    args: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Rng:
    """A fresh `numpy.random.default_rng(seed)`."""

    seed: int


@dataclass(frozen=True, eq=False)
class Strided:
    """The same numbers as `array`, handed over as a non-contiguous view."""

    array: np.ndarray


def plain(value: Any) -> Any:
    """An argument as the array or number that it is, however it is handed over."""
    return value.array if isinstance(value, Strided) else value


@dataclass(frozen=True)
class Implementation:
    """The function `name` that the text `source` defines, in a namespace of its own with NumPy."""

    source: str
    name: str


@dataclass
class Call:
    """Call `function`, a name in the namespace (or a method of `on`), with `args` and `kwargs`.

    Calls and outcomes come by the thousand, and what is frozen takes three times as long to make.
    """

    function: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    on: Ref | None = None
    # what stays behind and is only reachable through `Ref`: `"last"`, the last element of a
    # returned tuple or list (a cache), `"all"` (an instance), or `"nothing"`
    hold: Literal["nothing", "last", "all"] = "nothing"
    # positions of the arguments whose contents after the call are wanted (a state dict)
    watch: tuple[int, ...] = ()
    # `"call"` it, `"read"` its value, `"assign"` the attribute of `on` the one argument, or
    # `"chance"`: call nothing; seed the global generators where an argument says how, and tell
    # what they draw next, as one number: another one where they were used in between
    kind: Literal["call", "read", "assign", "chance"] = "call"
    # count the points near the inputs of the script that functions evaluate in it
    count: bool = False
    # local variables of the function whose last values are wanted, where it has them
    stages: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Script:
    """Calls in order, in one random state: `numpy.random` and `random` are seeded once, before."""

    seed: int
    calls: tuple[Call, ...]
    # how many parts a value may have that comes out of a sandbox: an array or a number is one, a
    # list is one and those of its items
    room: int = 20_000

    def uncounted(self) -> Script:
        """The same script, for code whose ways nobody doubts: counting is several times slower."""
        if not any(call.count for call in self.calls):
            return self
        return replace(self, calls=tuple(replace(call, count=False) for call in self.calls))

    def unwatched(self) -> Script:
        """The same script without what is watched on the way: only what it gives is wanted."""
        if not any(call.count or call.stages for call in self.calls):
            return self
        calls = (replace(call, count=False, stages=()) for call in self.calls)
        return replace(self, calls=tuple(calls))


@dataclass(frozen=True)
class Opaque:
    """Stands in an outcome for something that stayed behind, cannot travel, or fits nothing."""

    type_name: str
    count: int | None = None  # of how many values it was, for lists and tuples


@dataclass(frozen=True)
class Broken(Opaque):
    """Stands for a value that could not be computed; `type_name` says what failed."""

    unwritten: str = ""  # the method that is not written yet, if that is why


@dataclass(frozen=True)
class Huge:
    """Stands for an array that is far larger than the one that is expected."""

    shape: tuple[int, ...]


FailureKind = Literal[
    "missing",  # no such name in the namespace, or it is not callable
    "unanswered",  # it raised NotImplementedError: not written yet
    "exception",  # it raised
    "exit",  # it called sys.exit, or ended the process by os._exit
    "unstarted",  # not run, because nothing was left of the submission's time
    "timeout",  # wall or CPU time ran out
    "memory",  # the memory limit was reached
    "crash",  # the process died by a signal
    "protocol",  # the reply was not acceptable (too large, forged, of an unknown type)
    "skipped",  # not run, because a call that it needs failed
]


class TooLong(BaseException):
    """A call took longer than it may; no `except Exception` of a student's catches it."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(f"it took more than {seconds:g} seconds")


@dataclass(frozen=True)
class Failure:
    """Why a call has no value."""

    kind: FailureKind
    message: str
    type_name: str = ""  # the exception's class, such as `"ValueError"`; empty when there was none
    # the frames in the student's own code, outermost first, as short texts
    traceback: tuple[str, ...] = ()
    raised: Raised | None = None  # the line that raised, and what met there


@dataclass
class Outcome:
    """What came of one call. `value` counts only when `failure` is None."""

    # a snapshot taken when the call returned: base types only, `Opaque` for the rest
    value: Any = None
    failure: Failure | None = None
    changed: tuple[int, ...] = ()  # positions of the arguments that the call changed in place
    # position -> contents after the call, for the arguments that the call watched
    after: dict[int, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()  # texts of the Python and NumPy warnings raised, without repeats
    # at how many different points near each differentiable input of the script functions were
    # evaluated, when the call asked for it; None where the counting was switched off
    points: tuple[int, ...] | None = ()
    # local variable -> its last value, for those that the call asked for
    stages: dict[str, Any] = field(default_factory=dict)


class Runner(Protocol):
    """Runs scripts in some namespace; one outcome per call, always."""

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        """Run a script; those `ahead` are most likely the next ones, and may be sent along."""
