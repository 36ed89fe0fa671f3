"""A function that hangs is waited for once; one that ends the process does so once."""

import pytest

from autograder.exercises.script import Call, Failure, FailureKind, Outcome, Ref, Script
from autograder.grading.patience import Patience


class Hanging:
    """Times out on the functions named; counts how often each is called."""

    def __init__(self, *names: str, kind: FailureKind = "timeout") -> None:
        self.names = names
        self.kind = kind
        self.called: list[str] = []

    def run(self, script: Script) -> list[Outcome]:
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
    patience = Patience(runner)
    first, second = patience.run(LAYER), patience.run(LAYER)
    assert kinds(first) == kinds(second) == [None, "timeout", "skipped"]
    assert runner.called == ["forward", "backward", "forward"]
    assert set(patience.exhausted) == {"backward"} and patience.timed_out
    assert second[1].failure == first[1].failure


def test_other_functions_still_run() -> None:
    runner = Hanging("forward")
    patience = Patience(runner)
    patience.run(LAYER)
    assert kinds(patience.run(Script(2, (Call("other"),)))) == [None]
    assert kinds(patience.run(LAYER)) == ["timeout", "skipped", "skipped"]
    assert runner.called == ["forward", "other"]


def test_methods_of_different_classes_are_told_apart() -> None:
    patience = Patience(Hanging("step"))
    one = Script(1, (Call("Adam", hold="all"), Call("step", on=Ref(0))))
    other = Script(1, (Call("Sgd", hold="all"), Call("reset", on=Ref(0))))
    patience.run(one)
    assert set(patience.exhausted) == {"Adam.step"}
    assert kinds(patience.run(other)) == [None, None]


@pytest.mark.parametrize("kind", ["memory", "crash", "exit", "protocol"])
def test_whatever_ends_the_process_does_so_once(kind: FailureKind) -> None:
    runner = Hanging("forward", kind=kind)
    patience = Patience(runner)
    assert kinds(patience.run(LAYER)) == kinds(patience.run(LAYER)) == [kind, "skipped", "skipped"]
    assert runner.called == ["forward"] and not patience.timed_out


def test_an_exception_is_no_wall() -> None:
    runner = Hanging("forward", kind="exception")
    patience = Patience(runner)
    patience.run(LAYER)
    patience.run(LAYER)
    assert runner.called == ["forward", "forward"]
