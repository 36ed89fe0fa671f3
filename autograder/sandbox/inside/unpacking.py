"""Frames to values, counted before they are decoded and rebuilt as exact base types after it.

Nothing here trusts a length, a shape or a type: sizes are compared as Python integers before NumPy
sees them.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np

from autograder.exercises.script import Call, Failure, Opaque, Outcome
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.packing import DTYPES, MAX_DEPTH, PLACEHOLDERS, NotAcceptable

_PLAIN = frozenset((bool, int, float, str, type(None)))
_decode_answer = msgspec.msgpack.Decoder(wire.Answer).decode

MAX_PARTS = 600_000
MAX_OPEN = 48

# First byte of an object -> bytes of payload that follow, for objects of a fixed size.
_FIXED = {
    0xC0: 0, 0xC2: 0, 0xC3: 0, 0xCA: 4, 0xCB: 8, 0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1,
    0xD1: 2, 0xD2: 4, 0xD3: 8,
}  # fmt: skip
# First byte -> bytes of a length that follows: binary data and text, lists, dicts.
_SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_DICTS = {0xDE: 2, 0xDF: 4}


class Unreadable(ValueError):
    """The frame is not msgpack, or spells more than is allowed."""


def scan(frame: bytes, most: int = MAX_PARTS) -> int:
    """Walk over a frame before it is decoded, and return the number of its parts.

    A frame of 16 MiB can spell millions of tiny objects. The walk stops at the first that is one
    too many, so decoding costs no more memory than a small multiple of the frame's own bytes.

    Args:
        most: How many it may have.

    Raises:
        Unreadable: It is cut short, has extension types, or too many or too deep parts.
    """
    end, position, parts = len(frame), 0, 0
    open_lists = [1]  # how many objects are still to come, for each list that is open
    while open_lists:
        if open_lists[-1] == 0:
            open_lists.pop()
            continue
        open_lists[-1] -= 1
        parts += 1
        if parts > most:
            raise Unreadable(f"more than {most} parts")
        if position >= end:
            raise Unreadable("cut short")
        first = frame[position]
        position += 1
        children = 0
        if first <= 0x7F or first >= 0xE0:
            continue
        if first in _FIXED:
            position += _FIXED[first]
        elif 0xA0 <= first <= 0xBF:
            position += first & 0x1F
        elif first in _SIZED:
            width = _SIZED[first]
            position += width + int.from_bytes(frame[position : position + width], "big")
        elif first in _LISTS or first in _DICTS:
            width = _LISTS.get(first) or _DICTS[first]
            children = int.from_bytes(frame[position : position + width], "big")
            children *= 2 if first in _DICTS else 1
            position += width
        elif first <= 0x8F:
            children = 2 * (first & 0x0F)
        elif first <= 0x9F:
            children = first & 0x0F
        else:
            raise Unreadable("an extension type")
        if children:
            open_lists.append(children)
            if len(open_lists) > MAX_OPEN:
                raise Unreadable(f"more than {MAX_OPEN} levels")
    if position != end:
        raise Unreadable("a length that does not fit")
    return parts


def decode_answer(body: bytes, parts: int = MAX_PARTS) -> wire.Answer:
    """Decode what a child said; its parts are counted before.

    Args:
        parts: How many parts the frame may have.

    Raises:
        ValueError: It is not an answer (msgspec's errors are of this kind).
        RecursionError: It is nested too deep.
    """
    if len(body) > parts:  # every part takes a byte at least
        scan(body, parts)
    return _decode_answer(body)


def unpack(value: Any, trusted: bool = False, depth: int = 0) -> Any:
    """Rebuild a value from its wire form.

    Args:
        trusted: The grader asks: placeholders are allowed.

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
    if kind is wire.WireList and _PLAIN.issuperset(map(type, value.items)):
        return value.items
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
    if trusted and kind is wire.WirePlaceholder:
        return PLACEHOLDERS[value.kind](*(unpack(part, True, depth + 1) for part in value.parts))
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
        call.function,
        unpack(call.args, trusted=True),
        unpack(call.kwargs, trusted=True),
        unpack(call.on, trusted=True),
        call.hold,  # type: ignore[arg-type]
        tuple(call.watch),
        call.kind,  # type: ignore[arg-type]
        call.count,
        tuple(call.stages),
    )


def unpack_failure(failure: wire.WireFailure) -> Failure:
    """Rebuild a failure.

    Raises:
        NotAcceptable: Its kind is unknown.
    """
    try:
        return msgspec.convert(failure, Failure, from_attributes=True)
    except msgspec.ValidationError as error:
        raise NotAcceptable(f"a failure of an unknown kind: {error}") from error


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
        points=None if outcome.points is None else tuple(outcome.points),
        stages={name: unpack(item) for name, item in outcome.stages.items()},
    )
