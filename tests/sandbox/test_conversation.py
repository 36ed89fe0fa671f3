"""A session with a child that says anything: one outcome per call, always, no exception."""

import random
import struct
from collections.abc import Callable

import pytest

from autograder.exercises.script import Call, Script
from autograder.sandbox import Limits
from autograder.sandbox.dialogue import ChildFault, Frames, explain_death
from autograder.sandbox.inside import wire
from autograder.sandbox.session import Session

Reply = Callable[[wire.RunScript], bytes]


class Parrot:
    """A child made of one function: script -> the bytes of its answer."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self._said = b""
        self._frames = Frames(self._read)

    def send(self, data: bytes, deadline: float) -> None:
        request = wire.decode_request(data[4:])
        if isinstance(request, wire.Begin):
            self._said += wire.frame(wire.Ready(request.nonce))
        elif isinstance(request, wire.RunScripts):
            for script in request.scripts:
                self._said += self._reply(script)

    def receive(self, deadline: float, max_bytes: int) -> bytes:
        return self._frames.next(deadline, max_bytes)

    def _read(self, deadline: float) -> bytes:
        part, self._said = self._said[:30], self._said[30:]
        return part

    def has_unsolicited(self) -> bool:
        return bool(self._frames.received or self._said)

    def output(self) -> bytes:
        return b""

    def end(self, patience: float = 0.0) -> int | None:
        return None


def outcomes(reply: Reply, calls: int = 3) -> list[str | None]:
    """The kinds of the failures of a script's calls."""
    session = Session(lambda _: Parrot(reply), [], Limits(reply_bytes=1 << 16))
    found = session.run(Script(0, (Call("f"),) * calls))
    return [o.failure and o.failure.kind for o in found]


def answer(request: wire.RunScript, index: int, nonce: bytes | None = None) -> bytes:
    own = request.nonce if nonce is None else nonce
    return wire.frame(wire.WireOutcome(own, index, 1.0, None, [], {}, [], None, {}))


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

    session = Session(start, [], Limits())
    for _ in range(3):
        [outcome] = session.run(Script(0, (Call("f"),)))
        assert outcome.value == 1.0
    assert started == 3


def test_scripts_that_travel_together_are_answered_in_order() -> None:
    """And whoever asks for another one, or after an answer too many, gets a fresh child."""
    started: list[list[int]] = []

    class Honest(Parrot):
        def __init__(self, _: Limits) -> None:
            self.spoilt = len(started) == 2
            super().__init__(
                lambda r: answer(r, 0) + wire.frame(wire.Done(r.nonce, True)) * (1 + self.spoilt)
            )
            started.append([])

        def send(self, data: bytes, deadline: float) -> None:
            request = wire.decode_request(data[4:])
            if isinstance(request, wire.RunScripts):
                started[-1].append(len(request.scripts))
            super().send(data, deadline)

    session = Session(Honest, [], Limits())
    scripts = [Script(0, (Call("f"),)) for _ in range(4)]
    for number, script in enumerate(scripts[:3]):
        assert session.run(script, scripts[number + 1 :])[0].value == 1.0
    assert started == [[4]]
    assert session.run(scripts[0])[0].value == 1.0  # another than was promised
    assert session.run(scripts[1], scripts[2:])[0].value == 1.0
    assert started == [[4], [1, 3]]
    session.run(scripts[0])
    assert session.run(scripts[1], scripts[2:])[0].value == 1.0
    assert session.run(scripts[2])[0].value == 1.0
    assert [len(sent) for sent in started] == [1, 2, 1, 1]


def test_noise_never_raises() -> None:
    rng = random.Random(0)
    for _ in range(300):
        noise = rng.randbytes(rng.randrange(40))

        def reply(request: wire.RunScript, noise: bytes = noise) -> bytes:
            good = answer(request, 0)
            at = rng.randrange(len(good))
            return good[:at] + noise + good[at + len(noise) :]

        assert len(outcomes(reply)) == 3


def test_a_frame_that_stops_is_the_end() -> None:
    with pytest.raises(ChildFault, match="ended"):
        Frames(lambda _: b"").next(0.0, 10)


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
