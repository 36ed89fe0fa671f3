"""Run a script in a namespace and take a snapshot of what every call gave.

This module runs beside student code: in the student's kernel and in the sandboxed child. It
decides nothing. Every call gets fresh, writable copies of its arguments, and results are copied
the moment they are returned, so that later calls may change whatever they like in place.
"""

import errno
import itertools
import random
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np

from autograder.exercises.arrays import leaves
from autograder.exercises.operands import where_raised
from autograder.exercises.script import (
    Call,
    Failure,
    Implementation,
    Name,
    Opaque,
    Outcome,
    Ref,
    Rng,
    Script,
    Strided,
    TooLong,
)
from autograder.exercises.tracing import Near, Trace, differentiable_inputs, traced

_KIT = str(Path(__file__).parent.parent)
MAX_DEPTH = 8
Made = tuple[Any, Outcome]
Limit = Callable[[Callable[[], Made]], Made]
_PLAIN = frozenset((bool, int, float, complex, str, type(None)))
_ALWAYS = [("always", None, Warning, None, 0)]
"""The first of the filters where every warning is heard."""


def _unlimited(work: Callable[[], Made]) -> Made:
    return work()


def execute(
    script: Script,
    namespace: Mapping[str, Any],
    report: Callable[[Outcome], None] | None = None,
    interruptible: bool = True,
    limit: Limit = _unlimited,
    blame: Callable[[BaseException], Failure] | None = None,
) -> list[Outcome]:
    """Make the calls of `script` in `namespace`; return one outcome per call.

    Args:
        script: The calls, and the seed of the random state.
        namespace: Where the functions are found.
        report: Called with each outcome as soon as it is known, so that a later hang loses nothing.
        interruptible: A KeyboardInterrupt comes from the person at the keyboard and stops all;
            otherwise student code raised it, and it is an outcome like any other.
        limit: Does the work of each call; it may raise `TooLong`.
        blame: Makes a failure of what a call raised; by default `describe`.

    Raises:
        KeyboardInterrupt: When the person at the keyboard stops it.
    """
    _seed(script.seed)
    results: list[Any] = []
    outcomes: list[Outcome] = []
    failures: dict[int, Failure] = {}
    counts = any(call.count for call in script.calls)
    near = Near(differentiable_inputs(script)) if counts else None
    state = (namespace, results, failures, interruptible, near, blame or describe)
    # What underflows is zero, and right: NumPy does not warn of it by itself, nor do we.
    with catch_warnings(record=True) as caught, np.errstate(all="warn", under="ignore"):
        for call in script.calls:
            try:
                result, outcome = limit(partial(_make, call, *state, caught))
            except BaseException as error:  # even taking a result apart can run a student's code
                if interruptible and isinstance(error, KeyboardInterrupt):
                    raise
                result, outcome = None, Outcome(failure=describe(error))
            if outcome.failure is not None:
                failures[len(results)] = outcome.failure
            results.append(result)
            outcomes.append(outcome)
            if report is not None:
                report(outcome)
    return outcomes


def snapshot(value: Any, depth: int = 0) -> Any:
    """Copy `value` into exact base types; whatever is none of them becomes `Opaque`."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, subok=False)
        return array if array.dtype.kind in "biufc" else Opaque(f"array of {array.dtype}")
    if depth < MAX_DEPTH:
        if isinstance(value, tuple):
            return tuple(snapshot(item, depth + 1) for item in value)
        if isinstance(value, list):
            return [snapshot(item, depth + 1) for item in value]
        if isinstance(value, dict):
            return {
                key if type(key) in (str, int) else str(key): snapshot(item, depth + 1)
                for key, item in value.items()
            }
    return Opaque(type(value).__name__)


def _make(
    call: Call,
    namespace: Mapping[str, Any],
    results: list[Any],
    failures: Mapping[int, Failure],
    interruptible: bool,
    near: Near | None,
    blame: Callable[[BaseException], Failure],
    caught: list[warnings.WarningMessage],
) -> tuple[Any, Outcome]:
    """Make one call; return its live result and the outcome."""
    if failures and (earlier := _broken(call, failures)) is not None:
        return None, Outcome(
            failure=Failure("skipped", f"{call.function} was not run: {earlier.message}")
        )
    if call.kind == "chance":
        for seed in call.args:
            _seed(seed)
        drawn = _chance()
        for seed in call.args:  # as if nothing had been drawn
            _seed(seed)
        return None, Outcome(value=drawn)
    owner = resolve(call.on, namespace, results) if call.on is not None else None
    if call.kind == "assign":
        try:
            setattr(owner, call.function, resolve(call.args[0], namespace, results))
        except Exception as error:  # a student's class may refuse it
            return None, Outcome(failure=describe(error))
        return None, Outcome()
    try:
        target = getattr(owner, call.function) if call.on is not None else namespace[call.function]
    except (KeyError, AttributeError, IndexError, TypeError):
        what = f"{call.function} is not defined"
        return None, Outcome(failure=Failure("missing", what))
    if call.kind == "read":
        return target, Outcome(value=snapshot(target))
    if not callable(target):
        what = f"{call.function} is a {type(target).__name__}, not a function"
        return None, Outcome(failure=Failure("missing", what))
    # What came out of an earlier call (a cache) is the student's own: it may change as it likes.
    given = [
        i
        for i, arg in enumerate(call.args)
        if i in call.watch or not (type(arg) in _PLAIN or isinstance(arg, Ref))
    ]
    watched = call.count or call.stages
    trace = Trace(call.function, call.stages, near if call.count else None) if watched else None
    caught.clear()
    try:
        args = [resolve(arg, namespace, results) for arg in call.args]
        kwargs = {key: resolve(arg, namespace, results) for key, arg in call.kwargs.items()}
        before = [_seen(call.args[i], args[i]) for i in given]
        if warnings.filters[:1] != _ALWAYS:  # at first, or where a call has changed it
            simplefilter("always")
        within = copy_context().run  # what a call does to NumPy's state of errors ends with it
        if trace is not None:
            result = within(traced, target, args, kwargs, trace)
        else:
            result = within(target, *args, **kwargs)
        texts = _texts(caught)
        outcome = Outcome(value=_exported(result, call.hold), warnings=texts)
        if given:
            changed = [not same(b, _seen(args[i], args[i])) for i, b in zip(given, before)]
            outcome.changed = tuple(itertools.compress(given, changed))
        if call.watch:
            outcome.after = {i: snapshot(args[i]) for i in call.watch}
    except BaseException as error:  # whatever a student's function raises is an outcome
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        return None, Outcome(failure=blame(error), warnings=_texts(caught))
    if trace is not None:
        outcome.points = trace.points if call.count else ()
        outcome.stages = {name: snapshot(value) for name, value in trace.stages.items()}
    return result, outcome


def _broken(call: Call, failures: Mapping[int, Failure]) -> Failure | None:
    """Why one of the calls whose results this one needs has none, if so."""
    placed = leaves((call.args, call.kwargs, call.on))
    needed = (leaf.call for leaf in placed if isinstance(leaf, Ref))
    return next((failures[i] for i in needed if i in failures), None)


def _seen(argument: Any, value: Any) -> Any:
    """What an argument is; an array of the script stays as it is, the call gets a copy."""
    return argument if type(argument) is np.ndarray else snapshot(value)


def _seed(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed % 2**32)


def _chance() -> int:
    """What the global generators, of Python and of NumPy, draw next, as one number."""
    return random.getrandbits(31) << 31 | int(np.random.random() * 2**31)


def _exported(result: Any, hold: str) -> Any:
    if hold == "all":
        return Opaque(type(result).__name__)
    if hold == "last" and isinstance(result, (tuple, list)) and len(result) > 1:
        return (*(snapshot(item) for item in result[:-1]), Opaque(type(result[-1]).__name__))
    return snapshot(result)


def resolve(value: Any, namespace: Mapping[str, Any], results: list[Any]) -> Any:
    """Copy an argument and put what the placeholders stand for in their place."""
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Ref):
        found = results[value.call]
        for key in value.path:
            found = found[key]
        return found
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, (tuple, list)):
        return type(value)([resolve(item, namespace, results) for item in value])
    if isinstance(value, dict):
        return {key: resolve(item, namespace, results) for key, item in value.items()}
    if isinstance(value, Name):
        if value.name not in namespace:
            raise NameError(f"{value.name} is not defined; run the cell above that defines it")
        found = namespace[value.name]
        return found if value.args is None else found(*value.args)
    if isinstance(value, Rng):
        return np.random.default_rng(value.seed)
    if isinstance(value, Strided):
        return strided(value.array)
    if isinstance(value, Implementation):
        own: dict[str, Any] = {"np": np, "numpy": np, "__name__": "implementation"}
        exec(_compiled(value.source), own)
        return own[value.name]
    return value


@lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    """The code of an implementation: given twice, forward and backward, and to everybody asked."""
    return compile(source, "<implementation>", "exec")


def strided(array: np.ndarray) -> np.ndarray:
    """A writable, non-contiguous view that holds the numbers of `array`.

    It is evenly spaced: `reshape(-1)` is a view of it, `ravel()` a copy.
    """
    if array.ndim == 0:
        return array.copy()
    spread = np.zeros((*array.shape[:-1], 2 * array.shape[-1]), array.dtype)
    view = spread[..., ::2]
    view[...] = array
    return view


def same(a: Any, b: Any) -> bool:
    """Whether two snapshots are equal to the bit (NaN equals NaN)."""
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        # The same bytes are the usual case, and are compared fast.
        return a.tobytes() == b.tobytes() or bool(
            np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
        )
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return bool(a == b) or (a != a and b != b)


def describe(error: BaseException) -> Failure:
    """The failure that an exception from student code stands for; never raises."""
    kind: Any = "exception"
    if isinstance(error, NotImplementedError):
        kind = "unanswered"
    elif isinstance(error, TooLong):
        kind = "timeout"
    elif isinstance(error, SystemExit):
        kind = "exit"
    elif isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    ):
        kind = "memory"
    try:
        message = str(error)[:2000]
    except BaseException:
        message = "(the exception's own text could not be made)"
    if kind == "memory":
        message = message or "it ran out of memory"
    if kind == "exit":
        message = f"it called sys.exit({message})"
    try:
        frames = [
            frame
            for frame in traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__))
            if not frame.filename.startswith(_KIT) and "site-packages" not in frame.filename
        ]
    except BaseException:  # student code may have broken the machinery of tracebacks
        frames = []
    try:
        raised = where_raised(error.__traceback__, message) if kind == "exception" else None
    except BaseException:
        raised = None
    lines = tuple(f"{f.name}, line {f.lineno}: {f.line or ''}" for f in frames[-12:])
    return Failure(
        kind=kind, message=message, type_name=type(error).__name__, traceback=lines, raised=raised
    )


def _texts(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(w.message)[:300] for w in caught))[:10] if caught else ()


class LocalRunner:
    """Runs scripts in this process: the student's kernel, or the reference's namespace.

    Args:
        limit: Does the work of each call; see `bounds.limited`.
    """

    def __init__(self, namespace: Mapping[str, Any], limit: Limit = _unlimited) -> None:
        self.namespace = namespace
        self._limit = limit

    def run(self, script: Script, ahead: Iterable[Script] = ()) -> list[Outcome]:
        with undisturbed_randomness():
            return execute(script, self.namespace, limit=self._limit)


_undisturbed = ContextVar("_undisturbed", default=False)


@contextmanager
def undisturbed_randomness() -> Iterator[None]:
    """Put the global random states back, so that a check does not change what follows it.

    Inside another such block nothing is done: the outer one puts them back. Who runs many scripts
    stands in one, for to save the states and to put them back takes as long as a small script.
    """
    if _undisturbed.get():
        yield
        return
    python_state, numpy_state = random.getstate(), np.random.get_state()
    inside = _undisturbed.set(True)
    try:
        yield
    finally:
        _undisturbed.reset(inside)
        random.setstate(python_state)
        np.random.set_state(numpy_state)
