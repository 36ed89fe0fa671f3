"""A call in the kernel ends, whatever loop it is in, and leaves nothing behind."""

import contextlib
import signal
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import pytest

from autograder.exercises.bounds import lift_limit, limited
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.script import Call, Outcome, Ref, Script, TooLong

ENDLESS = {
    "loop": "while True: pass",
    "halving": "x = 1\n    while x < x + 1: x += 0",
    "swallows": "while True:\n        try: time.sleep(0.01)\n        except Exception: pass",
    "bare": "while True:\n        try: pass\n        except: pass",
    "generator": "return sum(1 for _ in iter(int, 1))",
    "sleep": "time.sleep(60)",
}


def run(body: str, seconds: float = 0.1, *calls: Call) -> list[Outcome]:
    space: dict[str, Any] = {"time": time}
    exec(f"def f():\n    {body}\ndef g(x=0):\n    return 7", space)
    return LocalRunner(space, partial(limited, seconds)).run(
        Script(1, (Call("f", hold="all"), *calls))
    )


@pytest.fixture(autouse=True)
def untouched() -> Iterator[None]:
    """Handlers, alarms and threads are as before."""
    handler = signal.getsignal(signal.SIGALRM) if hasattr(signal, "SIGALRM") else None
    yield
    if handler is not None:
        assert signal.getsignal(signal.SIGALRM) is handler
        assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize("where", ["main thread", "other thread", "no alarm"])
@pytest.mark.parametrize("how", ENDLESS)
def test_what_does_not_end_is_ended(how: str, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body = ENDLESS[how]
    if where != "main thread" and how == "sleep":
        body = "for _ in range(60000): time.sleep(0.001)"
    if where == "no alarm":
        monkeypatch.delattr(signal, "setitimer", raising=False)
    follow = (Call("g", (Ref(0),)), Call("g"))
    if where == "other thread":
        with ThreadPoolExecutor(1) as pool:
            first, skipped, other = pool.submit(run, body, 0.1, *follow).result(60)
    else:
        first, skipped, other = run(body, 0.1, *follow)
    assert first.failure is not None and first.failure.kind == "timeout"
    assert first.failure.message == "it took more than 0.1 seconds"
    assert first.failure.traceback
    assert skipped.failure is not None and skipped.failure.kind == "skipped"
    assert other.value == 7


@pytest.mark.parametrize("alarm", [True, False])
def test_what_ends_in_time_is_left_alone(alarm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not alarm:
        monkeypatch.delattr(signal, "setitimer", raising=False)
    (outcome,) = run("return 3", 60.0)
    assert outcome.failure is None
    late: list[BaseException] = []
    for _ in range(200):  # ends about when the time is over: the exception may not come later
        with contextlib.suppress(TooLong):
            limited(0.001, lambda: sum(range(100) and 1 for _ in range(9000)))
        try:
            for _ in range(100):
                pass
        except TooLong as error:
            late.append(error)
    assert not late and threading.active_count() < 50
    for _ in range(50):  # over before the work has begun
        with contextlib.suppress(TooLong):
            limited(0.000005, lambda: sum(range(100)))
    assert not alarm or signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no alarm on this system")
def test_an_alarm_of_the_students_own_still_rings() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, frame: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        limited(60.0, lambda: time.sleep(0.1))
        while not rung:
            time.sleep(0.001)
    finally:
        signal.signal(signal.SIGALRM, before)


def test_who_debugs_may_take_as_long_as_it_takes() -> None:
    def debugged() -> int:
        lift_limit()
        end = time.monotonic() + 0.1
        while time.monotonic() < end:
            pass
        return 1

    assert limited(0.01, debugged) == 1
    lift_limit()  # outside of any: nothing to lift
    assert sys.gettrace() is None


def test_each_call_of_a_script_hears_its_own_warnings():
    own = {
        "silent": lambda x: x,
        "loud": lambda x: warnings.warn(f"{x}", stacklevel=1),
        "silences": lambda x: warnings.simplefilter("ignore"),
        "forgets": lambda x: warnings.resetwarnings(),
        "divides": lambda x: np.ones(1) / 0,
        "raises": lambda x: (np.seterr(all="raise"), warnings.warn("before", stacklevel=1), 1 / 0),
    }
    names = ["loud", "silences", "loud", "silent", "forgets", "loud", "raises", "divides", "silent"]
    script = Script(0, tuple(Call(name, (n,)) for n, name in enumerate(names)))
    before = list(warnings.filters)
    told = [outcome.warnings for outcome in LocalRunner(own).run(script)]
    zero = ("divide by zero encountered in divide",)
    assert told == [("0",), (), ("2",), (), (), ("5",), ("before",), zero, ()]
    assert warnings.filters == before
