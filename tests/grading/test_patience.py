"""A function that hangs is waited for once; one that ends the process does so once."""

from collections.abc import Iterable

import pytest

from autograder.exercises.script import Call, Failure, FailureKind, Outcome, Ref, Script
from autograder.grading import asking
from autograder.grading.asking import Patience


class Hanging:
    """Times out on the functions named; counts how often each is called."""

    def __init__(self, *names: str, kind: FailureKind = "timeout") -> None:
        self.names = names
        self.kind = kind
        self.called: list[str] = []

    used_up, seconds_left = "", 60.0

    def run(
        self, script: Script, ahead: Iterable[Script] = (), at_most: float = 60.0
    ) -> list[Outcome]:
        assert at_most == self.seconds_left / 2
        outcomes: list[Outcome] = []
        for call in script.calls:
            if any(o.failure for o in outcomes):
                outcomes.append(Outcome(failure=Failure("skipped", "not run")))
                continue
            self.called.append(call.function)
            stuck = call.function in self.names
            outcomes.append(Outcome(failure=Failure(self.kind, "it ended") if stuck else None))
        return outcomes


def kinds(outcomes: list[Outcome]) -> list[str | None]:
    return [o.failure.kind if o.failure else None for o in outcomes]


LAYER = Script(1, (Call("forward"), Call("backward", (Ref(0, (-1,)),)), Call("after")))


def test_other_cases_of_a_hanging_function_are_not_run() -> None:
    runner = Hanging("backward")
    asked = Patience(runner)
    first, second = asked.run(LAYER), asked.run(LAYER)
    assert kinds(first) == kinds(second) == [None, "timeout", "skipped"]
    assert runner.called == ["forward", "backward", "forward"]
    assert set(asked.exhausted) == {"backward"} and asked.timed_out
    assert second[1].failure == first[1].failure


def test_other_functions_still_run() -> None:
    runner = Hanging("forward")
    asked = Patience(runner)
    asked.run(LAYER)
    assert kinds(asked.run(Script(2, (Call("other"),)))) == [None]
    assert kinds(asked.run(LAYER)) == ["timeout", "skipped", "skipped"]
    assert runner.called == ["forward", "other"]


def test_methods_of_different_classes_are_told_apart() -> None:
    asked = Patience(Hanging("step"))
    one = Script(1, (Call("Adam", hold="all"), Call("step", on=Ref(0))))
    other = Script(1, (Call("Sgd", hold="all"), Call("reset", on=Ref(0))))
    asked.run(one)
    assert set(asked.exhausted) == {"Adam.step"}
    assert kinds(asked.run(other)) == [None, None]


@pytest.mark.parametrize("kind", ["memory", "crash", "exit", "protocol"])
def test_whatever_ends_the_process_does_so_once(kind: FailureKind) -> None:
    runner = Hanging("forward", kind=kind)
    asked = Patience(runner)
    assert kinds(asked.run(LAYER)) == kinds(asked.run(LAYER)) == [kind, "skipped", "skipped"]
    assert runner.called == ["forward"] and not asked.timed_out


def test_an_exception_is_no_wall() -> None:
    runner = Hanging("forward", kind="exception")
    asked = Patience(runner)
    asked.run(LAYER)
    asked.run(LAYER)
    assert runner.called == ["forward", "forward"]


def test_what_never_ran_says_by_whom_the_time_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 41.0, 41.0, 45.0])
    monkeypatch.setattr(asking.time, "monotonic", lambda: next(clock))
    runner = Hanging()
    asked = Patience(runner)
    asked.run(LAYER)
    asked.run(Script(2, (Call("other"),)))
    runner.used_up = "the submission's 60 seconds are used up"
    (outcome,) = asked.run(Script(3, (Call("relu_forward"),)))
    assert outcome.failure is not None and outcome.failure.kind == "unstarted"
    assert outcome.failure.message == (
        "the submission's 60 seconds are used up, 41 of them by forward and backward and after"
    )
    assert runner.called == ["forward", "backward", "after", "other"]
