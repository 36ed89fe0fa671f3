"""Every submission is answered exactly once, whatever its worker does."""

from collections import Counter
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from autograder.errors import GradingError, IsolationError
from autograder.grading import dispatch as module
from autograder.grading.dispatch import dispatch
from autograder.grading.grade import Graded
from autograder.grading.result import Result
from autograder.grading.submission import Handin
from autograder.grading.workplace import Terms

TERMS = Terms(Path("."), Path("submitted"))


def handin(student: str) -> Handin:
    return Handin(student, "02_layers", Path(student))


def graded(student: str, timed_out: bool = False) -> Graded:
    result = Result(1, student, "02_layers", "graded", 1, 1, (), "full", 0.1, "sha256:1")
    return Graded(result, timed_out)


class ScriptedPool:
    """Answers when a crowd is there; students called "killer…" end the worker."""

    def __init__(self, width: int = 2) -> None:
        self.width = width
        self.asked: Counter[str] = Counter()
        self.renewed = 0
        self.alone: list[str] = []
        self._pending: dict[str, Future[Graded]] = {}
        self._broken = False

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded]:
        if self._broken:
            raise BrokenProcessPool("broken")
        name = handin.student
        self.asked[name] += 1
        future: Future[Graded] = Future()
        self._pending = {n: f for n, f in self._pending.items() if not f.done()}
        if not self._pending:
            self.alone.append(name)
        self._pending[name] = future
        if name.startswith("killer"):
            self._broken = True
            for waiting in self._pending.values():
                waiting.set_exception(BrokenProcessPool("a worker died"))
        elif name.startswith("silent"):
            pass
        elif name.startswith("faulty"):
            future.set_exception(GradingError("a fault in the grader"))
        elif name.startswith("open"):
            future.set_exception(IsolationError("no sandbox"))
        elif name.startswith("slow") or (name.startswith("once") and self.asked[name] == 1):
            future.set_result(graded(name, timed_out=True))
        else:
            future.set_result(graded(name))
        return future

    def renew(self) -> None:
        self.renewed += 1
        self._broken = False
        self._pending = {}

    def close(self) -> None:
        """Nothing runs."""


def run(pool: ScriptedPool, *students: str) -> dict[str, Graded | Exception]:
    answers: dict[str, Graded | Exception] = {}

    def receive(who: Handin, outcome: Graded | Exception) -> None:
        assert who.student not in answers, "answered twice"
        answers[who.student] = outcome

    dispatch([handin(student) for student in students], TERMS, pool, receive)
    return answers


def test_everybody_is_answered_once() -> None:
    names = [f"s{i}" for i in range(50)]
    pool = ScriptedPool()
    answers = run(pool, *names)
    assert set(answers) == set(names)
    assert all(isinstance(a, Graded) for a in answers.values())
    assert set(pool.asked.values()) == {1}


def test_a_worker_that_dies_costs_the_one_that_kills_it() -> None:
    pool = ScriptedPool()
    names = ["a", "b", "killer", "c", "d", "e"]
    answers = run(pool, *names)
    assert set(answers) == set(names)
    lost = {name for name, answer in answers.items() if isinstance(answer, Exception)}
    assert lost == {"killer"}
    assert isinstance(answers["killer"], GradingError)
    assert pool.asked["killer"] == 2  # it had a second chance, alone
    assert pool.renewed == 2


def test_two_killers_side_by_side() -> None:
    answers = run(ScriptedPool(3), "killer1", "killer2", "a", "killer3", "b")
    lost = {name for name, answer in answers.items() if isinstance(answer, Exception)}
    assert lost == {"killer1", "killer2", "killer3"}


def test_a_fault_of_the_grader_is_passed_on() -> None:
    answers = run(ScriptedPool(), "a", "faulty", "b")
    assert isinstance(answers["faulty"], GradingError)
    assert isinstance(answers["b"], Graded)


def test_what_ran_out_of_time_is_repeated_once_alone_at_the_end() -> None:
    pool = ScriptedPool(4)
    answers = run(pool, "a", "slow", "b", "once", "c")
    assert pool.asked == {"a": 1, "b": 1, "c": 1, "slow": 2, "once": 2}
    assert pool.alone[-2:] == ["slow", "once"]
    slow, once = answers["slow"], answers["once"]
    assert isinstance(slow, Graded) and slow.timed_out
    assert isinstance(once, Graded) and not once.timed_out


def test_a_stuck_worker_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    pool = ScriptedPool()
    terms = Terms(Path("."), Path("submitted"), timeout=0.01)
    answers: dict[str, Graded | Exception] = {}
    dispatch(
        [handin(s) for s in ("a", "silent", "b")],
        terms,
        pool,
        lambda who, outcome: answers.update({who.student: outcome}),
    )
    assert isinstance(answers["silent"], GradingError)
    assert isinstance(answers["a"], Graded) and isinstance(answers["b"], Graded)


def test_no_sandbox_ends_the_run() -> None:
    with pytest.raises(IsolationError):
        run(ScriptedPool(), "a", "open", "b")
