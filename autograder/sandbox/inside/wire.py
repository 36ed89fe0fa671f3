# ruff: noqa: D101, UP007
"""The frames between the grader and a child: strict msgpack structs behind a length.

Both sides use this module. A frame is four bytes of length (little endian) and one struct. Nothing
is ever evaluated: what decodes is data of the types below or an error.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import Annotated, Union

import msgspec

BROKEN_STATUS, OUT_OF_MEMORY_STATUS = 70, 71  # how a child ends when it can't go on
NAMESPACES = ("pid", "net", "mnt", "ipc", "uts", "user")


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Fork one child."""

    memory_bytes: int  # address space above what the zygote itself uses
    cpu_seconds: int
    output_bytes: int
    layers: list[str]  # see `lockdown.LAYERS`


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sent when the zygote is warm (`what="warm"`), has forked ("forked") or reaped ("ended")."""

    what: str
    pid: int = 0
    status: int = 0  # as `os.waitpid` gives it
    landlock_abi: int = 0
    leftover: bool = False  # a process ended that the zygote had not forked itself
    namespaces: dict[str, str] = {}  # kind -> the kernel's name of the zygote's namespace
    error: Annotated[str, msgspec.Meta(max_length=1000)] = ""


def own_namespaces() -> dict[str, str]:
    """Kind -> the kernel's name of the namespace that this process is in."""
    names = {}
    for kind in NAMESPACES:
        with contextlib.suppress(OSError):
            names[kind] = os.readlink(f"/proc/self/ns/{kind}")
    return names


HEADER = struct.Struct("<I")

_Short = Annotated[str, msgspec.Meta(max_length=300)]
_Text = Annotated[str, msgspec.Meta(max_length=200_000)]
_Nonce = Annotated[bytes, msgspec.Meta(min_length=16, max_length=16)]
_Index = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]


class _Frame(msgspec.Struct, forbid_unknown_fields=True, array_like=True):
    """Fields in a fixed order, none too many."""


# Values -----------------------------------------------------------------------------------------


class WireArray(_Frame, tag="array"):
    """An array: dtype, shape, and its numbers in C order, little endian."""

    dtype: Annotated[str, msgspec.Meta(max_length=4)]
    shape: Annotated[
        list[Annotated[int, msgspec.Meta(ge=0, le=1 << 40)]], msgspec.Meta(max_length=32)
    ]
    data: bytes


class WireComplex(_Frame, tag="complex"):
    real: float
    imag: float


class WireInteger(_Frame, tag="integer"):
    """An integer of more than 63 bits, as hexadecimal digits."""

    digits: Annotated[str, msgspec.Meta(max_length=1100, pattern=r"\A-?[0-9a-f]+\Z")]


class WireTuple(_Frame, tag="tuple"):
    items: Annotated[list[WireValue], msgspec.Meta(max_length=100_000)]


class WireList(_Frame, tag="list"):
    items: Annotated[list[WireValue], msgspec.Meta(max_length=100_000)]


class WireDict(_Frame, tag="dict"):
    keys: Annotated[list[int | _Text], msgspec.Meta(max_length=100_000)]
    items: Annotated[list[WireValue], msgspec.Meta(max_length=100_000)]


class WireOpaque(_Frame, tag="opaque"):
    type_name: _Short


class WirePlaceholder(_Frame, tag="placeholder"):
    """A placeholder of `script`, from the grader to the child only: its type and its fields."""

    kind: str
    parts: list[WireValue]


WireValue = Union[
    None,
    bool,
    int,
    float,
    _Text,
    WireArray,
    WireComplex,
    WireInteger,
    WireTuple,
    WireList,
    WireDict,
    WireOpaque,
    WirePlaceholder,
]


# What the grader asks ---------------------------------------------------------------------------


class Begin(_Frame, tag="begin"):
    """The first frame."""

    nonce: _Nonce
    reply_bytes: int
    output_bytes: int


class RunCell(_Frame, tag="cell"):
    nonce: _Nonce
    name: str
    source: str


class WireCall(_Frame):
    """`script.Call`, field by field."""

    function: str
    args: WireTuple
    kwargs: WireDict
    on: WirePlaceholder | None
    hold: str
    watch: list[int]
    kind: str
    count: bool
    stages: list[_Short]


class RunScript(_Frame, tag="script"):
    nonce: _Nonce
    seed: WireValue
    calls: list[WireCall]
    room: int


class RunScripts(_Frame, tag="scripts"):
    """Scripts to be run one after the other, each answered as it goes."""

    scripts: list[RunScript]


class Mend(_Frame, tag="mend"):
    """Look for the line: see `explain.repair`.

    Args:
        exercise: The exercise with its public cases, as `exercises.public.dump_exercise` writes it.
        further: The same with cases of another seed, on which a line must hold, too; "" for none.
    """

    nonce: _Nonce
    exercise: Annotated[str, msgspec.Meta(max_length=64_000_000)]
    row: _Short
    seconds: float
    further: Annotated[str, msgspec.Meta(max_length=64_000_000)] = ""


Request = Union[Begin, RunCell, RunScripts, Mend]


# What a child answers ---------------------------------------------------------------------------


class WireOperand(_Frame):
    """`operands.Operand`, field by field."""

    text: Annotated[str, msgspec.Meta(max_length=100)]
    shape: Annotated[list[_Index], msgspec.Meta(max_length=8)]


class WireRaised(_Frame):
    """`operands.Raised`, field by field."""

    function: _Short
    line: _Index
    operation: Annotated[str, msgspec.Meta(max_length=10)]
    operands: Annotated[list[WireOperand], msgspec.Meta(max_length=2)]


class WireFailure(_Frame):
    """`script.Failure`, field by field."""

    kind: _Short
    message: Annotated[str, msgspec.Meta(max_length=4000)]
    type_name: _Short
    traceback: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=1000)]], msgspec.Meta(max_length=20)
    ]
    raised: WireRaised | None


class Ready(_Frame, tag="ready"):
    """The child is locked and waits."""

    nonce: _Nonce


class CellDone(_Frame, tag="cell_done"):
    nonce: _Nonce
    failure: WireFailure | None


class WireOutcome(_Frame, tag="outcome"):
    """`script.Outcome` of the call number `index`."""

    nonce: _Nonce
    index: _Index
    value: WireValue
    failure: WireFailure | None
    changed: Annotated[list[_Index], msgspec.Meta(max_length=100)]
    after: Annotated[dict[_Index, WireValue], msgspec.Meta(max_length=100)]
    warnings: Annotated[list[_Short], msgspec.Meta(max_length=20)]
    points: Annotated[list[_Index], msgspec.Meta(max_length=200)] | None
    stages: Annotated[dict[_Short, WireValue], msgspec.Meta(max_length=40)]


class Done(_Frame, tag="done"):
    """The script is over and was cleared up after; `sound` tells whether this child still works."""

    nonce: _Nonce
    sound: bool


class WireRepair(_Frame):
    """`explain.repair.Repair`, field by field."""

    outputs: Annotated[list[_Short], msgspec.Meta(max_length=40)]
    function: _Short
    line: _Index
    kind: _Short
    whole: bool
    before: _Short
    after: _Short
    file: _Short
    target: _Short
    also: _Index | None


class Mended(_Frame, tag="mended"):
    """What was found."""

    nonce: _Nonce
    found: Annotated[list[WireRepair], msgspec.Meta(max_length=40)]


Answer = Union[Ready, CellDone, WireOutcome, Done, Mended]

encode = msgspec.msgpack.Encoder().encode
decode_request = msgspec.msgpack.Decoder(Request).decode


def frame(message: msgspec.Struct) -> bytes:
    """The bytes of one frame."""
    body = encode(message)
    return HEADER.pack(len(body)) + body
