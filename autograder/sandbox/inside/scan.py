"""Walk over a msgpack frame before it is decoded: count its parts, bound its depth.

A frame of 16 MiB can spell millions of tiny objects. The walk stops at the first that is one too
many, so decoding costs no more memory than a small multiple of the frame's own bytes.
"""

from __future__ import annotations

MAX_PARTS = 600_000
MAX_DEPTH = 48

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
    """Return the number of parts in a frame.

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
            if len(open_lists) > MAX_DEPTH:
                raise Unreadable(f"more than {MAX_DEPTH} levels")
    if position != end:
        raise Unreadable("a length that does not fit")
    return parts
