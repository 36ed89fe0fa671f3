"""A session: cells, calls, and what each kind of end costs."""

import os
import signal
import textwrap
import threading
from typing import Any

import numpy as np
import pytest

from autograder.errors import GradingError
from autograder.exercises import made
from autograder.exercises.public import decode, encode
from autograder.exercises.script import (
    Call,
    Implementation,
    Name,
    Outcome,
    Ref,
    Rng,
    Script,
    Strided,
)
from autograder.sandbox import Cell, Limits, Sandbox, Session
from autograder.sandbox.inside import wire
from autograder.sandbox.inside.packing import pack_outcome
from autograder.sandbox.inside.unpacking import decode_answer
from tests.hostile.suite import descendants
from tests.sandbox.conftest import STRONGEST, locked

PATIENT = Limits(call_seconds=20.0, submission_seconds=60.0, memory_mb=128)
IMPATIENT = Limits(call_seconds=0.5, submission_seconds=60.0)
DEADLY = {
    "os._exit(3)": "exit",
    "sys.exit('bye')": "exit",
    "os.abort()": "crash",
    "ctypes.string_at(0)": "crash",
    "bytearray(1 << 40)": "memory",
    "hoard()": "memory",
    "deep()": "exception",
    "loop()": "timeout",
    "os.close(3)": "protocol",
}
KINDS = """
import ctypes, os, sys
def honest(x):
    return x * 2
def hoard():
    global kept
    kept = []
    while True:
        kept.append(bytearray(1 << 20))
def deep():
    return deep()
def loop():
    while True:
        pass
"""


def cell(source: str, number: int = 1, **kwargs: Any) -> Cell:
    return Cell(textwrap.dedent(source), f"cell {number}", **kwargs)


def script(*calls: Call, seed: int = 0) -> Script:
    return Script(seed, calls)


def call(session: Session, function: str, *args: Any, **kwargs: Any) -> Outcome:
    """Make one call; return its outcome."""
    [outcome] = session.run(script(Call(function, args, **kwargs)))
    return outcome


def kind(outcome: Outcome) -> str | None:
    return None if outcome.failure is None else outcome.failure.kind


def test_values_cross_unchanged(sandbox: Sandbox) -> None:
    with sandbox.open([cell("def same(x):\n    return x")]) as session:
        for value in (
            np.arange(6.0).reshape(2, 3),
            np.float32(3.5) * np.ones((2, 1), np.float32),
            np.array([True, False]),
            np.zeros((0, 3)),
            np.array(2.5),
            np.array([np.nan, np.inf, -0.0]),
            (1, "two", 3.0, None, True, [1j, -(2**70)], {"a": np.ones(2), 3: ()}),
        ):
            outcome = call(session, "same", value)
            assert outcome.failure is None
            np.testing.assert_equal(outcome.value, value)
            assert type(outcome.value) is type(value)


@locked
def test_placeholders_are_resolved_in_the_child(sandbox: Sandbox) -> None:
    source = """
        import numpy as np
        def given(x): return x + 1
        def forward(x): return x.sum(), {"x": x}
        def backward(d, cache): return d * cache["x"]
        def apply(f, x): return f(x)
        def draw(rng): return rng.standard_normal(3)
        def contiguous(x): return x.flags["C_CONTIGUOUS"]
    """
    x = np.arange(6.0).reshape(2, 3)
    with sandbox.open([cell(source)]) as session:
        outcomes = session.run(
            script(
                Call("forward", (x,), hold="last"),
                Call("backward", (2.0, Ref(0, (-1,)))),
                Call("apply", (Name("given"), 1)),
                Call("apply", (Implementation("def f(x):\n    return -x", "f"), 1)),
                Call("draw", (Rng(3),)),
                Call("contiguous", (Strided(x),)),
            )
        )
        assert [o.failure for o in outcomes] == [None] * 6
        np.testing.assert_array_equal(outcomes[1].value, 2 * x)
        assert [o.value for o in outcomes[2:4]] == [2, -1]
        np.testing.assert_array_equal(
            outcomes[4].value, np.random.default_rng(3).standard_normal(3)
        )
        assert outcomes[5].value is False


@locked
@pytest.mark.parametrize("args", [(), ("a", [0.5, 1.0])])
def test_what_is_made_anew_survives_the_public_data_and_the_wire(sandbox: Sandbox, args) -> None:
    source = "def fresh(*args): return [list(args)]\ndef use(x): x.append(1); return x"
    name = decode(encode(made("fresh", *args))).draw({}, np.random.default_rng(0))
    with sandbox.open([cell(source)]) as session:
        outcomes = session.run(script(*2 * [Call("use", (name,))]))
    assert [o.value for o in outcomes] == 2 * [[list(args), 1]]


@locked
def test_a_cell_that_raises_keeps_what_it_defined(sandbox: Sandbox) -> None:
    cells = [cell("a = 1\n1 / 0\nb = 2", 1), cell("c = a + 1", 2), cell("def f(:", 3)]
    with sandbox.open(cells) as session:
        first, second, third = session.cells
        assert first.failure is not None and first.failure.type_name == "ZeroDivisionError"
        assert first.failure.traceback[-1].endswith("1 / 0")
        assert second.failure is None
        assert third.failure is not None and third.failure.type_name == "SyntaxError"
        outcomes = session.run(script(Call("c", kind="read"), Call("b", kind="read")))
        assert outcomes[0].value == 2
        assert kind(outcomes[1]) == "missing"


@locked
def test_a_traceback_shows_the_students_lines_only(sandbox: Sandbox) -> None:
    source = "def inner(x):\n    return x[5]\ndef outer(x):\n    return inner(x)  # here"
    with sandbox.open([cell(source, 7)]) as session:
        failure = call(session, "outer", [1]).failure
        assert failure is not None
        assert failure.traceback == (
            "outer, line 4: return inner(x)  # here",
            "inner, line 2: return x[5]",
        )
        assert failure.traceback[-1].endswith("return x[5]")


def test_main_is_the_notebook(sandbox: Sandbox) -> None:
    source = """
        from __future__ import annotations
        import dataclasses, functools, __main__
        from numpy import *
        if __name__ == "__main__":
            ran = True
        @dataclasses.dataclass
        class Point:
            x: Undefined = 1
        @functools.cache
        def count(n: Undefined):
            return zeros(n).size + __main__.Point().x
    """
    cells = [cell(source, 1), cell("def later(x: NotThere): return ran and count(x)", 2)]
    with sandbox.open(cells) as session:
        assert [c.failure for c in session.cells] == [None, None]
        assert call(session, "later", 3).value == 4


@pytest.mark.parametrize(("code", "expected"), DEADLY.items())
def test_a_deadly_call_costs_only_itself(sandbox: Sandbox, code: str, expected: str) -> None:
    if sandbox.isolation == "none" and code == "os.close(3)":
        pytest.skip("a plain subprocess has its connection elsewhere")
    cells = [cell(KINDS, 1), cell(f"def deadly():\n    return {code}", 2)]
    limits = IMPATIENT if expected == "timeout" else PATIENT
    with sandbox.open(cells, limits) as session:
        outcomes = session.run(
            script(Call("honest", (1,)), Call("deadly"), Call("honest", (2,), hold="nothing"))
        )
        assert len(outcomes) == 3
        assert outcomes[0].value == 2
        assert kind(outcomes[1]) == expected
        assert outcomes[1].failure is not None and outcomes[1].failure.message
        assert kind(outcomes[2]) in (None, "skipped")
        assert call(session, "honest", 3).value == 6


def test_a_crash_is_a_crash_when_the_zygote_is_late_to_tell() -> None:
    before = descendants(os.getpid())
    cells = [cell("import os\ndef crash():\n    os.abort()")]
    with Sandbox(isolation=STRONGEST) as sandbox:
        with sandbox.open(cells, PATIENT):
            pass
        zygote = descendants(os.getpid()) - before

        def send(number: int) -> None:
            for pid in zygote:
                os.kill(pid, number)

        with sandbox.open(cells, PATIENT) as session:
            late = threading.Timer(1.0, send, [signal.SIGCONT])
            send(signal.SIGSTOP)
            late.start()
            assert kind(call(session, "crash")) == "crash"
            late.join()


@locked
@pytest.mark.parametrize(("code", "expected"), DEADLY.items())
def test_a_deadly_cell_costs_only_itself(sandbox: Sandbox, code: str, expected: str) -> None:
    cells = [cell(KINDS, 1), cell(f"before = 1\n{code}", 2), cell("after = 3", 3)]
    limits = IMPATIENT if expected == "timeout" else PATIENT
    with sandbox.open(cells, limits) as session:
        outcomes = session.cells
        assert [o.failure and o.failure.kind for o in outcomes] == [None, expected, None]
        assert call(session, "honest", 3).value == 6
        assert call(session, "after", kind="read").value == 3


def test_a_cell_out_of_memory_keeps_what_it_defined(sandbox: Sandbox) -> None:
    greedy = "def before(x):\n    return x + 1\nx = bytearray(1 << 40)"
    full = "def lost(x):\n    return x\nhoard()"
    with sandbox.open([cell(KINDS, 1), cell(greedy, 2), cell(full, 3)], PATIENT) as session:
        assert [o.failure and o.failure.kind for o in session.cells] == [None, "memory", "memory"]
        assert call(session, "before", 1).value == 2
        assert kind(call(session, "lost", 1)) == "missing"  # it left no memory for others
        assert call(session, "honest", 1).value == 2


def test_a_cell_that_hung_is_skipped_in_replays(kernel: Sandbox) -> None:
    cells = [
        cell("import os\nlog = ['one']", 1),
        cell("log.append('two')\nwhile True: pass", 2),
        cell("log.append('three')\ndef die(): os._exit(1)\ndef tell(): return log", 3),
    ]
    limits = Limits(call_seconds=0.3, submission_seconds=10.0)
    with kernel.open(cells, limits) as session:
        assert kind(call(session, "die")) == "exit"
        assert call(session, "tell").value == ["one", "three"]
        assert session.restarts == 3  # at first, after the cell that hung, after the call that died


def test_the_time_of_a_submission_is_bounded(kernel: Sandbox) -> None:
    limits = Limits(call_seconds=0.4, submission_seconds=1.0)
    cells = [cell(KINDS)]
    with kernel.open(cells, limits) as session:
        kinds = [kind(call(session, "loop")) for _ in range(4)]
        assert kinds == ["timeout"] * 4
        outcome = call(session, "honest", 1)
        assert outcome.failure is not None and "used up" in outcome.failure.message
        assert session.seconds < 2.5


def test_many_slow_calls_of_one_script_share_the_submissions_time(kernel: Sandbox) -> None:
    cells = [cell("import time\ndef nap():\n    time.sleep(0.25)")]
    with kernel.open(cells, Limits(call_seconds=0.5, submission_seconds=1.0)) as session:
        kinds = [kind(o) for o in session.run(script(*[Call("nap")] * 12))]
        assert kinds[0] is None
        assert "timeout" in kinds
        assert kinds[-1] == "skipped"


def test_a_cell_that_costs_nothing_has_limits_of_its_own(kernel: Sandbox) -> None:
    cells = [
        cell("while True: pass", 1, seconds=0.3, counts=False),
        cell("fine = 1", 2),
    ]
    with kernel.open(cells, Limits(call_seconds=5, submission_seconds=10)) as session:
        assert session.cells[0].failure is not None
        assert "0.3 seconds" in session.cells[0].failure.message
        assert session.cells[1].failure is None
        assert session.seconds < 0.3


def test_a_call_does_not_sabotage_the_next(sandbox: Sandbox) -> None:
    source = """
        import builtins, gc, random, sys, warnings
        import numpy as np
        def sabotage():
            builtins.len = builtins.isinstance = builtins.type = None
            np.array = np.errstate = np.random.seed = np.ndarray = None
            warnings.catch_warnings = warnings.simplefilter = None
            random.seed = None
            np.seterr(all="raise")
            np.seterrcall(print)
            sys.setrecursionlimit(200)
            sys.setprofile(lambda *_: 1 / 0)
            sys.stdout = sys.stderr = None
            sys.modules.clear()
            gc.disable()
            globals().clear()
        def honest(x):
            return np.array([len([x]) * x]) / np.array([1e-320])
    """
    with sandbox.open([cell(source)]) as session:
        call(session, "sabotage")
        outcome = call(session, "honest", 3.0)
        assert outcome.failure is None
        assert np.isfinite(outcome.value).all() or np.isinf(outcome.value).all()
        assert outcome.warnings


@locked
def test_sabotage_in_a_cell_reaches_student_code_only(sandbox: Sandbox) -> None:
    source = """
        import builtins, random, traceback, warnings
        import numpy as np
        builtins.len = lambda _: 99
        builtins.print = builtins.tuple = builtins.dict = None
        np.array = np.random.seed = random.seed = warnings.simplefilter = None
        traceback.extract_tb = None
        def tell(x):
            return len(x), x.sum()
        def fail():
            raise ValueError("mine")
    """
    with sandbox.open([cell(source)]) as session:
        assert session.cells[0].failure is None
        assert call(session, "tell", np.ones(3)).value == (99, np.float64(3.0))
        failure = call(session, "fail").failure
        assert failure is not None and failure.message == "mine"


@locked
def test_a_cell_leaves_no_tracer_behind(sandbox: Sandbox) -> None:
    source = """
        import sys
        def stop(*_):
            raise SystemExit
        sys.setrecursionlimit(60)
        sys.settrace(stop)
        sys.setprofile(stop)
    """
    with sandbox.open([cell(source, 1), cell("def honest(x):\n    return x", 2)]) as session:
        assert session.cells[1].failure is None
        assert call(session, "honest", [1]).value == [1]


@locked
def test_a_keyboard_interrupt_is_an_exception_like_any_other(sandbox: Sandbox) -> None:
    source = "def stop():\n    raise KeyboardInterrupt\ndef go():\n    return 1"
    with sandbox.open([cell(source)]) as session:
        outcomes = session.run(script(Call("stop"), Call("go")))
        assert outcomes[0].failure is not None
        assert outcomes[0].failure.type_name == "KeyboardInterrupt"
        assert outcomes[1].value == 1


def test_printing_without_end_costs_nothing(sandbox: Sandbox) -> None:
    limits = Limits(output_bytes=1000)
    cells = [
        cell("print('héllo')", 1),
        cell("import sys\nprint('to stderr', file=sys.stderr)", 2),
        cell("for _ in range(10_000): print('x' * 1000)\nend = True", 3),
        cell("def talk():\n    print('from a call')\n    return 1", 4),
    ]
    with sandbox.open(cells, limits) as session:
        assert [c.failure for c in session.cells] == [None] * 4
        assert call(session, "talk").value == 1
        assert call(session, "end", kind="read").value is True


def test_an_answer_beyond_the_limit_is_refused(sandbox: Sandbox) -> None:
    source = "import numpy as np\ndef big(n): return np.zeros(n)\ndef many(n): return [0.0] * n"
    with sandbox.open([cell(source)], Limits(reply_bytes=1 << 16)) as session:
        assert call(session, "big", 8000).failure is None
        assert kind(call(session, "big", 9000)) == "protocol"
        assert kind(call(session, "many", 200_000)) == "protocol"
        assert call(session, "big", 1).failure is None


@locked
def test_random_state_is_the_scripts(sandbox: Sandbox) -> None:
    source = (
        "import numpy as np, random\ndef draw():\n    return np.random.rand(2), random.random()"
    )
    with sandbox.open([cell(source)]) as session:
        first, second = (session.run(script(Call("draw"), seed=5))[0].value for _ in range(2))
        other = session.run(script(Call("draw"), seed=6))[0].value
        np.testing.assert_equal(first, second)
        assert other[1] != first[1]


def test_a_closed_session_refuses(kernel: Sandbox) -> None:
    with kernel.open([]) as session:
        pass
    with pytest.raises(GradingError, match="closed"):
        call(session, "f")


def test_nothing_of_one_submission_is_seen_by_the_next(sandbox: Sandbox) -> None:
    leave = """
        import builtins, os, sys
        import numpy as np
        builtins.left = np.left = sys.left = os.left = 1
        os.environ["left"] = "1"
    """
    look = """
        import builtins, os, sys
        import numpy as np
        seen = [hasattr(m, "left") for m in (builtins, np, sys, os)] + ["left" in os.environ]
    """
    with sandbox.open([cell(leave)]) as session:
        assert session.cells[0].failure is None
    with sandbox.open([cell(look)]) as session:
        assert call(session, "seen", kind="read").value == [False] * 5


@locked
def test_points_that_a_call_evaluates_are_counted(sandbox: Sandbox) -> None:
    source = """
        import numpy as np
        def forward(x): return (x ** 2).sum()
        alias = forward
        def numeric(x):
            steps = np.eye(x.size)
            return np.array([(alias(x + 1e-6 * s) - alias(x - 1e-6 * s)) / 2e-6 for s in steps])
        def analytic(x): return 2 * x
        def hiding(x):
            import sys
            sys.setprofile(None)
            return numeric(x)
    """
    with sandbox.open([cell(source)]) as session:
        for size in (5, 7):
            outcome = call(session, "numeric", np.ones(size), count=True)
            assert outcome.points == (2 * size,)
        assert call(session, "analytic", np.ones(5), count=True).points == (0,)
        assert call(session, "analytic", np.ones(5)).points == ()
        assert call(session, "hiding", np.ones(5), count=True).points is None
        for function, after in (("numeric", (10,)), ("analytic", ())):
            alike = [script(Call(function, (np.ones(5),), count=True)) for _ in range(4)]
            # The first of those that go together that shows no point is the last that is counted.
            told = [session.run(one, alike[i + 1 :])[0].points for i, one in enumerate(alike)]
            assert told == [after or (0,), after, after, after]


@locked
def test_a_cell_may_await_as_in_jupyter(sandbox: Sandbox) -> None:
    source = """
    import asyncio
    async def three():
        await asyncio.sleep(0)
        return 3
    kept = await three()
    def answer():
        return kept
    """
    with sandbox.open([cell(source), cell("await three", 2)], PATIENT) as session:
        assert session.cells[0].failure is None
        assert session.cells[1].failure is not None  # a function is nothing to wait for
        assert call(session, "answer").value == 3


def test_a_value_has_no_more_parts_than_there_is_room_for(sandbox: Sandbox) -> None:
    """The wire takes several parts for one; a child that says more than it may is ended."""
    code = """
        def f(n, one):
            return [one] * n
        """
    with sandbox.open([cell(code)], PATIENT) as session:
        for one in (1.0, [1.0], np.float64(1.0), np.int8(1), np.ones((1, 1)), {"a": 1j}):
            size = {list: 2, dict: 3}.get(type(one), 1)
            (fits,) = session.run(Script(0, (Call("f", (99 // size, one)),), room=100))
            assert len(fits.value) == 99 // size
            (outcome,) = session.run(Script(0, (Call("f", (100, one)),), room=100))
            assert outcome.failure is not None and outcome.failure.kind == "protocol"
            assert "more than 100 parts" in outcome.failure.message
    assert session.restarts == 1


def test_the_grader_walks_over_no_more_than_there_is_room_for() -> None:
    outcome = Outcome([[1.0]] * 1000)
    body = wire.frame(pack_outcome(outcome, 0, bytes(16), 1 << 20))[4:]
    assert decode_answer(body, 6 * 2001)
    with pytest.raises(ValueError, match="more than 600 parts"):
        decode_answer(body, 600)
