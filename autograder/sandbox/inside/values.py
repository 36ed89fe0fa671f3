"""Values to wire structs and back, as exact base types only.

The child packs what student code returned; the grader unpacks it. Nothing here trusts a length, a
shape or a type: sizes are compared as Python integers before NumPy sees them.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograder.exercises.script import (
    Call,
    Failure,
    Implementation,
    Name,
    Opaque,
    Outcome,
    Ref,
    Rng,
    Strided,
)
from autograder.sandbox.inside import wire

DTYPES = frozenset(
    [
        "|b1",
        "|i1",
        "<i2",
        "<i4",
        "<i8",
        "|u1",
        "<u2",
        "<u4",
        "<u8",
        "<f2",
        "<f4",
        "<f8",
        "<c8",
        "<c16",
    ]
)
MAX_DEPTH = 12
MAX_ITEMS = 100_000
MAX_TEXT = 100_000
_FAILURES = frozenset(
    [
        "missing",
        "unanswered",
        "exception",
        "exit",
        "timeout",
        "memory",
        "crash",
        "protocol",
        "skipped",
    ]
)


class NotAcceptable(Exception):
    """A value that may not cross, in either direction."""


# Packing ----------------------------------------------------------------------------------------


class Packer:
    """Turns one value into wire structs, within a budget of items and bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.bytes_left = max_bytes
        self.items_left = MAX_ITEMS

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the wire form of `value`.

        Raises:
            NotAcceptable: It is too large, too deep or has too many parts.
        """
        self.items_left -= 1
        if self.items_left < 0:
            raise NotAcceptable(f"it has more than {MAX_ITEMS} parts")
        if depth > MAX_DEPTH:
            raise NotAcceptable(f"it is nested more than {MAX_DEPTH} deep")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is int:
            return self._integer(value)
        if kind is str:
            self._charge(len(value))
            return value[:MAX_TEXT].encode("utf-8", "replace").decode("utf-8")
        if kind is np.ndarray:
            return self._array(value)
        if kind is complex:
            return wire.WireComplex(value.real, value.imag)
        if kind is tuple:
            return wire.WireTuple([self.pack(item, depth + 1) for item in value])
        if kind is list:
            return wire.WireList([self.pack(item, depth + 1) for item in value])
        if kind is dict:
            keys = [self._key(key) for key in value]
            return wire.WireDict(keys, [self.pack(item, depth + 1) for item in value.values()])
        if kind is Opaque:
            return wire.WireOpaque(str(value.type_name)[:200])
        return self._placeholder(value, depth)

    def _key(self, key: Any) -> int | str:
        if type(key) is int and -(1 << 63) <= key < 1 << 63:
            return key
        return self.pack(str(key))

    def _charge(self, size: int) -> None:
        self.bytes_left -= size
        if self.bytes_left < 0:
            raise NotAcceptable("it is too large")

    def _integer(self, value: int) -> Any:
        if -(1 << 63) <= value < 1 << 63:
            return value
        if value.bit_length() > 4096:
            raise NotAcceptable("it holds an integer of more than 4096 bits")
        return wire.WireInteger(format(value, "x"))

    def _array(self, array: np.ndarray) -> wire.WireArray:
        if array.dtype.kind == "f" and array.dtype.itemsize > 8:
            array = array.astype("<f8")
        if array.dtype.kind == "c" and array.dtype.itemsize > 16:
            array = array.astype("<c16")
        dtype = array.dtype.newbyteorder("<")
        if dtype.str not in DTYPES:
            raise NotAcceptable(f"it holds an array of {array.dtype}")
        self._charge(array.nbytes)
        data = np.ascontiguousarray(array, dtype=dtype).tobytes()
        return wire.WireArray(dtype.str, list(array.shape), data)

    def _placeholder(self, value: Any, depth: int) -> Any:
        if isinstance(value, Ref):
            return wire.WireRef(value.call, list(value.path))
        if isinstance(value, Name):
            return wire.WireName(value.name)
        if isinstance(value, Rng):
            return wire.WireRng(self.pack(value.seed, depth + 1))
        if isinstance(value, Strided):
            return wire.WireStrided(self._array(value.array))
        if isinstance(value, Implementation):
            return wire.WireImplementation(value.source, value.name)
        if isinstance(value, np.generic):
            return self._array(np.asarray(value))
        raise NotAcceptable(f"it holds a {type(value).__name__}")


def pack_call(call: Call, max_bytes: int) -> wire.WireCall:
    """The wire form of a call.

    Raises:
        NotAcceptable: An argument is of a type that does not travel.
    """
    packer = Packer(max_bytes)
    return wire.WireCall(
        call.function,
        packer.pack(tuple(call.args)),
        packer.pack(dict(call.kwargs)),
        packer.pack(call.on),
        call.hold,
        list(call.watch),
        call.kind,
        call.count,
    )


def pack_failure(failure: Failure) -> wire.WireFailure:
    """The wire form of a failure, cut to what the grader accepts."""

    def text(value: str, length: int) -> str:
        return str(value)[:length].encode("utf-8", "replace").decode("utf-8")

    return wire.WireFailure(
        failure.kind,
        text(failure.message, 2000),
        text(failure.type_name, 200),
        [text(line, 500) for line in failure.traceback[-12:]],
        text(failure.cell_line, 500),
    )


def pack_outcome(outcome: Outcome, index: int, nonce: bytes, max_bytes: int) -> wire.WireOutcome:
    """The wire form of an outcome; one that is not acceptable becomes a failure."""
    try:
        packer = Packer(max_bytes)
        value = packer.pack(outcome.value)
        after = {position: packer.pack(item) for position, item in outcome.after.items()}
        failure = None if outcome.failure is None else pack_failure(outcome.failure)
    except NotAcceptable as error:
        value, after = None, {}
        message = f"what came back can't be graded: {error}"
        failure = pack_failure(Failure("protocol", message))
    texts = [str(t)[:200].encode("utf-8", "replace").decode("utf-8") for t in outcome.warnings]
    calls = {str(name)[:200]: int(times) for name, times in list(outcome.calls.items())[:200]}
    return wire.WireOutcome(
        nonce, index, value, failure, list(outcome.changed)[:100], after, texts[:10], calls
    )


# Unpacking --------------------------------------------------------------------------------------


def unpack(value: Any, trusted: bool = False, depth: int = 0) -> Any:
    """Rebuild a value from its wire form.

    Args:
        value: What the frame held.
        trusted: The grader asks: placeholders are allowed.
        depth: How deep `value` is nested.

    Raises:
        NotAcceptable: A shape, a size or a type does not hold.
    """
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return value
    if depth > MAX_DEPTH:
        raise NotAcceptable("too deep")
    if kind is wire.WireArray:
        return _unpack_array(value)
    if kind is wire.WireTuple:
        return tuple([unpack(item, trusted, depth + 1) for item in value.items])
    if kind is wire.WireList:
        return [unpack(item, trusted, depth + 1) for item in value.items]
    if kind is wire.WireDict:
        if len(value.keys) != len(value.items):
            raise NotAcceptable("keys and items differ in number")
        items = [unpack(item, trusted, depth + 1) for item in value.items]
        return dict(zip(value.keys, items))
    if kind is wire.WireComplex:
        return complex(value.real, value.imag)
    if kind is wire.WireInteger:
        return int(value.digits, 16)
    if kind is wire.WireOpaque:
        return Opaque(value.type_name)
    if trusted:
        if kind is wire.WireRef:
            return Ref(value.call, tuple(value.path))
        if kind is wire.WireName:
            return Name(value.name)
        if kind is wire.WireRng:
            return Rng(unpack(value.seed, True))
        if kind is wire.WireStrided:
            return Strided(_unpack_array(value.array))
        if kind is wire.WireImplementation:
            return Implementation(value.source, value.name)
    raise NotAcceptable(f"a {kind.__name__} is no answer")


def _unpack_array(array: wire.WireArray) -> np.ndarray:
    if array.dtype not in DTYPES:
        raise NotAcceptable("an array of a dtype that is not listed")
    dtype = np.dtype(array.dtype)
    if math.prod(array.shape) * dtype.itemsize != len(array.data):
        raise NotAcceptable("the shape of an array does not fit its size")
    if 0 in array.shape and math.prod(n for n in array.shape if n) > 1 << 40:
        raise NotAcceptable("an empty array of an absurd shape")
    flat = np.frombuffer(bytearray(array.data), dtype=dtype)
    if dtype.kind == "b" and flat.size and flat.view(np.uint8).max() > 1:
        raise NotAcceptable("a boolean that is neither 0 nor 1")
    return flat.reshape(array.shape)


def unpack_call(call: wire.WireCall) -> Call:
    """Rebuild a call from the grader's own words."""
    return Call(
        function=call.function,
        args=unpack(call.args, trusted=True),
        kwargs=unpack(call.kwargs, trusted=True),
        on=None if call.on is None else unpack(call.on, trusted=True),
        hold=call.hold,  # type: ignore[arg-type]
        watch=tuple(call.watch),
        kind=call.kind,  # type: ignore[arg-type]
        count=call.count,
    )


def unpack_failure(failure: wire.WireFailure) -> Failure:
    """Rebuild a failure.

    Raises:
        NotAcceptable: Its kind is unknown.
    """
    if failure.kind not in _FAILURES:
        raise NotAcceptable("a failure of an unknown kind")
    return Failure(
        kind=failure.kind,  # type: ignore[arg-type]
        message=failure.message,
        type_name=failure.type_name,
        traceback=tuple(failure.traceback),
        cell_line=failure.cell_line,
    )


def unpack_outcome(outcome: wire.WireOutcome) -> Outcome:
    """Rebuild an outcome from a child's answer.

    Raises:
        NotAcceptable: A part of it does not hold.
    """
    return Outcome(
        value=unpack(outcome.value),
        failure=None if outcome.failure is None else unpack_failure(outcome.failure),
        changed=tuple(outcome.changed),
        after={position: unpack(item) for position, item in outcome.after.items()},
        warnings=tuple(outcome.warnings),
        calls=dict(outcome.calls),
    )
