"""A session with a child that says anything: one outcome per call, always, no exception."""

import random
import struct
from collections.abc import Callable

import pytest

from autograder.exercises.script import Call, Script
from autograder.sandbox import Limits
from autograder.sandbox.conversation import ChildFault, explain_death, read_frame
from autograder.sandbox.inside import wire
from autograder.sandbox.session import Session

Reply = Callable[[wire.Request], bytes]


class Parrot:
    """A child made of one function: request -> the bytes of its answer."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._said = b""

    def send(self, data: bytes, deadline: float) -> None:
        request = wire.decode_request(data[4:])
        if isinstance(request, wire.Begin):
            self._said += wire.frame(wire.Ready(request.nonce))
        else:
            self._said += self._reply(request)

    def receive(self, deadline: float, max_bytes: int) -> bytes:
        return read_frame(self._read, deadline, max_bytes)

    def _read(self, size: int, deadline: float) -> bytes:
        part, self._said = self._said[:size], self._said[size:]
        return part

    def has_unsolicited(self) -> bool:
        return bool(self._said)

    def output(self, start: int) -> bytes:
        return b""

    def end(self, patience: float = 0.0) -> int | None:
        return None


def outcomes(reply: Reply, calls: int = 3) -> list[str | None]:
    """The kinds of the failures of a script's calls."""
    session = Session(lambda _: Parrot(reply), [], Limits(reply_bytes=1 << 16), {})
    found = session.run(Script(0, (Call("f"),) * calls))
    return [o.failure and o.failure.kind for o in found]


def answer(request: wire.Request, index: int, nonce: bytes | None = None) -> bytes:
    own = request.nonce if nonce is None else nonce
    return wire.frame(wire.WireOutcome(own, index, 1.0, None, [], {}, [], {}, {}))


def test_an_honest_child_is_believed() -> None:
    assert outcomes(lambda r: b"".join(answer(r, i) for i in range(3))) == [None] * 3


@pytest.mark.parametrize(
    ("reply", "kinds"),
    [
        (lambda r: b"", ["protocol", "skipped", "skipped"]),
        (lambda r: answer(r, 0), [None, "protocol", "skipped"]),
        (lambda r: answer(r, 1), ["protocol", "skipped", "skipped"]),
        (lambda r: answer(r, 0) + answer(r, 0), [None, "protocol", "skipped"]),
        (lambda r: answer(r, 0, bytes(16)), ["protocol", "skipped", "skipped"]),
        (lambda r: wire.frame(wire.CellDone(r.nonce, None)), ["protocol", "skipped", "skipped"]),
        (lambda r: struct.pack("<I", 1 << 31), ["protocol", "skipped", "skipped"]),
        (lambda r: struct.pack("<I", 5) + b"abcde", ["protocol", "skipped", "skipped"]),
    ],
)
def test_a_dishonest_child_is_not(reply: Reply, kinds: list[str | None]) -> None:
    assert outcomes(reply) == kinds


def test_what_comes_after_the_last_answer_ends_the_child() -> None:
    started = 0

    def start(_: Limits) -> Parrot:
        nonlocal started
        started += 1
        return Parrot(lambda r: answer(r, 0) + b"more")

    session = Session(start, [], Limits(), {})
    for _ in range(3):
        [outcome] = session.run(Script(0, (Call("f"),)))
        assert outcome.value == 1.0
    assert started == 3


def test_noise_never_raises() -> None:
    rng = random.Random(0)
    for _ in range(300):
        noise = rng.randbytes(rng.randrange(40))

        def reply(request: wire.Request, noise: bytes = noise) -> bytes:
            good = answer(request, 0)
            at = rng.randrange(len(good))
            return good[:at] + noise + good[at + len(noise) :]

        assert len(outcomes(reply)) == 3


def test_a_frame_that_stops_is_the_end() -> None:
    with pytest.raises(ChildFault, match="ended"):
        read_frame(lambda size, _: b"", 0.0, 10)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (None, "protocol"),
        (0, "exit"),
        (3 << 8, "exit"),
        (70 << 8, "protocol"),
        (71 << 8, "memory"),
        (11, "crash"),
        (9, "memory"),
        (24, "timeout"),
        (31, "crash"),
        (64, "crash"),
    ],
)
def test_every_end_has_a_kind(status: int | None, kind: str) -> None:
    failure = explain_death(status)
    assert failure.kind == kind and failure.message
