"""Every submission is answered exactly once, whatever its worker does."""

from collections import Counter
from concurrent.futures import Future
from pathlib import Path

import pytest

from autograder.errors import GradingError, IsolationError
from autograder.grading import dispatch as module
from autograder.grading.desk import LostError, OverloadError, Terms
from autograder.grading.dispatch import DesertedError, dispatch, look
from autograder.grading.grade import Graded
from autograder.grading.lines import Lined
from autograder.grading.result import Result
from autograder.grading.submission import Handin

TERMS = Terms(Path("."), Path("submitted"))


def handin(student: str) -> Handin:
    return Handin(student, "02_layers", Path(student))


def graded(student: str, timed_out: bool = False) -> Graded:
    result = Result(1, student, "02_layers", "graded", 1, 1, (), "full", 0.1, "sha256:1")
    return Graded(result, timed_out)


class ScriptedPool:
    """Answers at once; students called "killer…" end the process that works on them."""

    def __init__(self, width: int = 2) -> None:
        self.width = width
        self.asked: Counter[str] = Counter()
        self.alone: list[str] = []
        self._pending: list[Future[Graded | Lined]] = []

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        name = handin.student
        self.asked[name] += 1
        future: Future[Graded | Lined] = Future()
        self._pending = [f for f in self._pending if not f.done()]
        if not self._pending:
            self.alone.append(name)
        self._pending.append(future)
        first = self.asked[name] == 1
        if name.startswith("silent"):
            return future
        if name.startswith("killer") or (name.startswith("unlucky") and first):
            future.set_exception(LostError("a process ended"))
        elif name.startswith("faulty"):
            future.set_exception(GradingError("a fault in the grader"))
        elif name.startswith("heavy"):
            future.set_exception(OverloadError("too much work"))
        elif name.startswith("open"):
            future.set_exception(IsolationError("no sandbox"))
        elif name.startswith("deserted"):
            future.set_exception(DesertedError("all are gone"))
        elif name.startswith("slow") or (name.startswith("once") and first):
            future.set_result(graded(name, timed_out=True))
        else:
            future.set_result(graded(name))
        return future

    def close(self) -> None:
        """Nothing runs."""


def run(
    pool: ScriptedPool, *students: str, terms: Terms = TERMS
) -> dict[str, Graded | Lined | Exception]:
    answers: dict[str, Graded | Lined | Exception] = {}

    def receive(who: Handin, outcome: Graded | Lined | Exception) -> None:
        assert who.student not in answers, "answered twice"
        answers[who.student] = outcome

    dispatch([handin(student) for student in students], terms, pool, receive)
    return answers


def test_everybody_is_answered_once() -> None:
    names = [f"s{i}" for i in range(50)]
    pool = ScriptedPool()
    answers = run(pool, *names)
    assert set(answers) == set(names)
    assert all(isinstance(a, Graded) for a in answers.values())
    assert set(pool.asked.values()) == {1}


def test_a_fault_and_an_overload_are_passed_on_at_once() -> None:
    pool = ScriptedPool()
    answers = run(pool, "a", "faulty", "heavy", "b")
    assert type(answers["faulty"]) is GradingError and type(answers["heavy"]) is OverloadError
    assert isinstance(answers["a"], Graded) and isinstance(answers["b"], Graded)
    assert set(pool.asked.values()) == {1}


def test_what_was_slow_or_lost_is_repeated_once_alone_at_the_end() -> None:
    pool = ScriptedPool(4)
    answers = run(pool, "a", "slow", "killer", "b", "once", "unlucky", "c")
    assert pool.asked == dict.fromkeys("abc", 1) | dict.fromkeys(
        ("slow", "killer", "once", "unlucky"), 2
    )
    assert pool.alone[-4:] == ["slow", "killer", "once", "unlucky"]
    assert isinstance(answers["killer"], LostError)
    slow = {name: a.timed_out for name, a in answers.items() if isinstance(a, Graded)}
    assert slow == dict.fromkeys(("a", "b", "c", "once", "unlucky"), False) | {"slow": True}


def test_what_nobody_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    terms = Terms(Path("."), Path("submitted"), timeout=0.01)
    answers: dict[str, Graded | Lined | Exception] = {}
    dispatch(
        [handin(s) for s in ("a", "silent", "b")],
        terms,
        ScriptedPool(),
        lambda who, outcome: answers.update({who.student: outcome}),
    )
    assert isinstance(answers["silent"], GradingError)
    assert isinstance(answers["a"], Graded) and isinstance(answers["b"], Graded)


@pytest.mark.parametrize(("name", "error"), [("open", IsolationError), ("deserted", DesertedError)])
def test_what_holds_for_all_ends_the_run(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(ScriptedPool(), "a", name, "b")


class JoinedPool(ScriptedPool):
    """Nobody is there; who joins when the first is sent answers when all have a place."""

    def __init__(self, joining: int) -> None:
        super().__init__(0)
        self.joining = joining
        self.held: list[Future[Graded | Lined]] = []

    def submit(self, handin: Handin, terms: Terms) -> Future[Graded | Lined]:
        self.width = self.joining
        future: Future[Graded | Lined] = Future()
        self.held.append(future)
        if len(self.held) == 2 * self.width:
            for one in self.held:
                one.set_result(graded("anybody"))
        return future


def test_workers_come_and_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0.0)
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    terms = Terms(Path("."), Path("submitted"), timeout=0.02)
    answers = run(JoinedPool(3), *"abcdef", terms=terms)
    assert len(answers) == 6 and all(isinstance(a, Graded) for a in answers.values())
    with pytest.raises(DesertedError, match=r"no worker .* is kept"):
        run(JoinedPool(0), "a", "b", terms=terms)
    look([handin("a")], terms, JoinedPool(0), answers.update, until=1e9)  # the grades are there
