"""The protocol: values cross exactly; anything else is refused, whatever the bytes."""

import dataclasses
import os
import random
import struct
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from autograder.exercises.script import Call, Failure, Opaque, Outcome
from autograder.sandbox.inside import unpacking, wire
from autograder.sandbox.inside.packing import DTYPES, NotAcceptable, Packer, pack_outcome
from autograder.sandbox.inside.unpacking import unpack, unpack_outcome

NONCE = bytes(range(16))
EXPECTED = (ValueError, RecursionError, NotAcceptable)
"""What a bad frame may raise; msgspec's and Unicode errors are ValueErrors."""

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**200), 2**200)
    | st.floats()
    | st.complex_numbers()
    | st.text(max_size=20)
)
ARRAYS = arrays.arrays(
    st.sampled_from(sorted(DTYPES)).map(np.dtype),
    arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(-5, 5), inner, max_size=4)
    ),
    max_leaves=12,
)


def cross(value: Any) -> Any:
    """To bytes and back, as an outcome."""
    packed = pack_outcome(Outcome(value=value), 0, NONCE, 1 << 24)
    answer = unpacking.decode_answer(wire.frame(packed)[4:])
    assert isinstance(answer, wire.WireOutcome)
    return unpack_outcome(answer)


@given(VALUES)
@settings(max_examples=200)
def test_values_cross_exactly(value: Any) -> None:
    outcome = cross(value)
    assert outcome.failure is None
    np.testing.assert_equal(outcome.value, value)
    assert type(outcome.value) is type(value)


def test_an_outcome_crosses_whole() -> None:
    outcome = Outcome(
        value=(Opaque("Cache"), 1),
        failure=Failure("exception", "m", "ValueError", ("a", "b")),
        changed=(0, 2),
        after={1: np.ones(2)},
        warnings=("w",),
        points=(3,),
        stages={"q": np.zeros(2)},
    )
    packed = pack_outcome(outcome, 3, NONCE, 1 << 20)
    answer = unpacking.decode_answer(wire.frame(packed)[4:])
    assert isinstance(answer, wire.WireOutcome) and answer.index == 3
    again = unpack_outcome(answer)
    np.testing.assert_equal(again.after, outcome.after)
    np.testing.assert_equal(again.stages, outcome.stages)
    assert (again.value, again.failure, again.changed, again.warnings, again.points) == (
        outcome.value,
        outcome.failure,
        outcome.changed,
        outcome.warnings,
        outcome.points,
    )


def test_arrays_that_come_back_may_be_written() -> None:
    value = cross(np.zeros((2, 2))).value
    value[0, 0] = 1.0
    assert value.flags["C_CONTIGUOUS"]


@pytest.mark.parametrize(
    "array",
    [
        wire.WireArray("<f8", [2], bytes(15)),
        wire.WireArray("<f8", [1 << 31, 1 << 31], bytes(8)),
        wire.WireArray("<f8", [0, 1 << 40, 1 << 40], b""),
        wire.WireArray("|O", [1], bytes(8)),
        wire.WireArray("<U1", [1], bytes(4)),
        wire.WireArray("<m8", [1], bytes(8)),
        wire.WireArray("O", [1], bytes(8)),
        wire.WireArray("|b1", [2], b"\x01\x02"),
        wire.WireArray(">f8", [1], bytes(8)),
    ],
)
def test_arrays_that_lie_are_refused(array: wire.WireArray) -> None:
    with pytest.raises(NotAcceptable):
        unpack(array)


@pytest.mark.parametrize(
    "value",
    [
        wire.WirePlaceholder("Ref", [0, wire.WireTuple([])]),
        wire.WirePlaceholder("Implementation", ["x", "y"]),
        wire.WireDict([1], []),
    ],
)
def test_placeholders_are_no_answers(value: Any) -> None:
    with pytest.raises(NotAcceptable):
        unpack(value)


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {1, 2},
        b"bytes",
        np.array([None]),
        np.zeros(1, "M8[s]"),
        [0.0] * 200_000,
        np.zeros(1 << 22),
        1 << 5000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_can_not_cross_is_a_failure(value: Any) -> None:
    packed = pack_outcome(Outcome(value=value), 0, NONCE, 1 << 20)
    assert packed.failure is not None and packed.failure.kind == "protocol"


def test_nesting_has_an_end() -> None:
    value: Any = 1
    for _ in range(100):
        value = [value]
    with pytest.raises(NotAcceptable, match="nested"):
        Packer(1 << 20).pack(value)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\x91" * 100_000 + b"\xc0",
        b"\xdd\x00\x10\x00\x00" + b"\x90" * (1 << 20),
        b"\xd6\xff" + bytes(4),
        b"\xc0\xc0",
    ],
)
def test_the_scan_refuses(body: bytes) -> None:
    with pytest.raises(unpacking.Unreadable):
        unpacking.scan(body)


@given(VALUES)
@settings(max_examples=100)
def test_the_scan_accepts_what_is_sent(value: Any) -> None:
    body = wire.frame(pack_outcome(Outcome(value=value), 0, NONCE, 1 << 24))[4:]
    assert unpacking.scan(body) >= 10


# Fuzzing ----------------------------------------------------------------------------------------


def seeds() -> list[bytes]:
    """Bodies of valid frames of every kind."""
    outcomes = [
        Outcome(value=1.5),
        Outcome(value=(np.arange(6.0).reshape(2, 3), np.array([True, False]), Opaque("Cache"))),
        Outcome(value={"dx": [1, 2.0, "x", None], 3: 2**70}, warnings=("careful",)),
        Outcome(failure=Failure("exception", "m", "ValueError", ("line",))),
        Outcome(value=1j, changed=(0,), after={0: {"a": np.ones(2)}}, points=(2,)),
    ]
    frames = [wire.frame(pack_outcome(o, i, NONCE, 1 << 20)) for i, o in enumerate(outcomes)]
    frames += [wire.frame(wire.Ready(NONCE)), wire.frame(wire.CellDone(NONCE, None))]
    return [frame[4:] for frame in frames]


MARKERS = bytes(
    [0x90, 0x9F, 0x80, 0xC0, 0xC4, 0xC6, 0xCB, 0xCF, 0xD9, 0xDB, 0xDC, 0xDD, 0xDF, 0xFF]
)


def mutate(body: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A frame that is a little, or wholly, wrong."""
    data = bytearray(body)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        kind = rng.randrange(8)
        at = rng.randrange(len(data) + 1)
        if kind == 0 and data:
            data[at % len(data)] = rng.randrange(256)
        elif kind == 1 and data:
            data[at % len(data)] ^= 1 << rng.randrange(8)
        elif kind == 2 and data:
            data[at % len(data)] = rng.choice(MARKERS)
        elif kind == 3:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 4:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        elif kind == 5:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            data[at:at] = other[start : start + rng.randrange(1, 40)]
        elif kind == 6:
            data[at : at + 8] = struct.pack(
                rng.choice((">Q", "<Q")), rng.choice((0, 1 << 31, 1 << 63, 2**64 - 1))
            )
        else:
            del data[at:]
    return bytes(data)


def fuzz(rounds: int, seed: int) -> tuple[int, int]:
    """Feed mutated frames to the grader's side; return how many were refused and accepted."""
    rng = random.Random(seed)
    bodies = seeds()
    refused = accepted = 0
    for _ in range(rounds):
        body = mutate(rng.choice(bodies), bodies, rng)
        try:
            answer = unpacking.decode_answer(body)
            if isinstance(answer, wire.WireOutcome):
                outcome = unpack_outcome(answer)
                assert type(outcome) is Outcome
            accepted += 1
        except EXPECTED:
            refused += 1
    return refused, accepted


def test_mutated_frames_raise_only_what_is_expected() -> None:
    refused, accepted = fuzz(100_000, seed=int.from_bytes(os.urandom(4)))
    assert refused > 50_000 and accepted > 500


def test_a_bad_frame_costs_memory_in_proportion() -> None:
    """The dearest frames we know: many tiny parts, up to the limit of the walk."""
    lists = b"\x92\xa4list\x90"
    number = unpacking.MAX_PARTS // 4
    inner = b"\x92\xa4list\xdd" + struct.pack(">I", 100_000) + lists * 100_000
    body = b"\x9a\xa7outcome\xc4\x10" + NONCE + b"\x00" + inner + b"\xc0\x90\x80\x90\x80\x80"
    too_many = b"\x9f" * 3 + lists * number * 2
    for frame in (body, too_many, os.urandom(1 << 20), b"\x90" * (1 << 24)):
        tracemalloc.start()
        try:
            answer = unpacking.decode_answer(frame)
            assert isinstance(answer, wire.WireOutcome)
            unpack_outcome(answer)
        except EXPECTED:
            pass
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 200 << 20


@pytest.mark.parametrize(
    ("plain", "wired", "own"),
    [
        (Call, wire.WireCall, set()),
        (Failure, wire.WireFailure, set()),
        (Outcome, wire.WireOutcome, {"nonce", "index"}),
    ],
)
def test_no_field_is_forgotten(plain: type, wired: type, own: set[str]) -> None:
    fields = {field.name for field in dataclasses.fields(plain)}
    assert set(wired.__struct_fields__) - own == fields  # type: ignore[attr-defined]
