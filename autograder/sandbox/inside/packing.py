"""Values to wire structs: what a child sends of what student code returned."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograder.exercises.operands import Raised
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

_DTYPES = "|b1 |i1 <i2 <i4 <i8 |u1 <u2 <u4 <u8 <f2 <f4 <f8 <c8 <c16"
DTYPES = frozenset(_DTYPES.split())
PLACEHOLDERS = {kind.__name__: kind for kind in (Ref, Name, Rng, Strided, Implementation)}
MAX_DEPTH = 12
MAX_ITEMS = 100_000
MAX_TEXT = 100_000


class NotAcceptable(Exception):
    """A value that may not cross, in either direction."""


class Packer:
    """Turns one value into wire structs, within a budget of items and bytes."""

    def __init__(self, max_bytes: int, room: int = MAX_ITEMS) -> None:
        self.bytes_left = max_bytes
        self.room = self.items_left = room

    def pack(self, value: Any, depth: int = 0) -> Any:
        """Return the wire form of `value`.

        Raises:
            NotAcceptable: It is too large, too deep or has too many parts.
        """
        self.items_left -= 1
        if self.items_left < 0:
            raise NotAcceptable(f"it has more than {self.room} parts, far more than are expected")
        if depth > MAX_DEPTH:
            raise NotAcceptable(f"it is nested more than {MAX_DEPTH} deep")
        kind = type(value)
        if value is None or kind is bool or kind is float:
            return value
        if kind is np.float64:  # a list of them is no list of arrays
            return value.item()
        if kind is int:
            return self._integer(value)
        if kind is str:
            self._charge(len(value))
            return _text(value, MAX_TEXT)
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
        if kind in PLACEHOLDERS.values():
            parts = [self.pack(part, depth + 1) for part in vars(value).values()]
            return wire.WirePlaceholder(kind.__name__, parts)
        if isinstance(value, np.generic):
            return self._array(np.asarray(value))
        raise NotAcceptable(f"it holds a {kind.__name__}")

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


def pack_call(call: Call, max_bytes: int) -> wire.WireCall:
    """The wire form of a call.

    Raises:
        NotAcceptable: An argument is of a type that does not travel.
    """
    packer = Packer(max_bytes)
    values = {name: packer.pack(getattr(call, name)) for name in ("args", "kwargs", "on")}
    return wire.WireCall(**{**vars(call), **values})


def _text(value: Any, length: int) -> str:
    return str(value)[:length].encode("utf-8", "replace").decode("utf-8")


def pack_failure(failure: Failure) -> wire.WireFailure:
    """The wire form of a failure, cut to what the grader accepts."""
    return wire.WireFailure(
        failure.kind,
        _text(failure.message, 2000),
        _text(failure.type_name, 200),
        [_text(line, 500) for line in failure.traceback[-12:]],
        None if failure.raised is None else _pack_raised(failure.raised),
    )


def _pack_raised(raised: Raised) -> wire.WireRaised:
    operands = [
        wire.WireOperand(_text(one.text, 100), [min(size, 10**6) for size in one.shape])
        for one in raised.operands
    ]
    line = min(raised.line, 10**6)
    return wire.WireRaised(_text(raised.function, 300), line, raised.operation, operands)


def pack_outcome(
    outcome: Outcome, index: int, nonce: bytes, max_bytes: int, room: int = MAX_ITEMS
) -> wire.WireOutcome:
    """The wire form of an outcome; one that is not acceptable becomes a failure."""
    try:
        packer = Packer(max_bytes, room)
        value = packer.pack(outcome.value)
        after = {position: packer.pack(item) for position, item in outcome.after.items()}
        stages = {str(name)[:200]: packer.pack(item) for name, item in outcome.stages.items()}
        failure = None if outcome.failure is None else pack_failure(outcome.failure)
    except NotAcceptable as error:
        value, after, stages = None, {}, {}
        message = f"what came back can't be graded: {error}"
        failure = pack_failure(Failure("protocol", message))
    return wire.WireOutcome(
        nonce,
        index,
        value,
        failure,
        list(outcome.changed)[:100],
        after,
        [_text(text, 200) for text in outcome.warnings[:10]],
        None if outcome.points is None else list(outcome.points)[:200],
        stages,
    )
