"""What preparing the questions gave is made once, read exactly as it was, and not believed."""

import shutil
import signal
import stat
import threading
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.explain import bank, question
from autograder.grading import papers
from autograder.grading.papers import Kept, _off_the_clock

from .conftest import Class
from .test_classrun import run

VALUE = [((2, 3), ()), {"dx": (np.array([[0.1, np.nan]]), 1e-300, None)}, {"n": [1, -0.0, True]}]


def never() -> Any:
    raise AssertionError("it was made again")


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path, "01", "digest", "secret")


def files(root: Path) -> list[Path]:
    return sorted(p for p in (root / ".secret" / "prepared").rglob("[!.]*") if p.is_file())


def test_it_is_made_once_and_read_exactly(kept: Kept, tmp_path: Path) -> None:
    assert kept("one", lambda: VALUE) is VALUE
    shapes, outputs, numbers = Kept(tmp_path, "01", "digest", "secret")("one", never)
    assert shapes == ((2, 3), ()) and numbers == {"n": [1, 0.0, True]}
    assert str(numbers["n"][1]) == "-0.0" and numbers["n"][2] is True
    array, slack, low = outputs["dx"]
    assert array.tobytes() == VALUE[1]["dx"][0].tobytes() and array.shape == (1, 2)  # type: ignore[index]
    assert (slack, low) == (1e-300, None)
    array[0, 0] = 5  # nobody else sees it
    assert kept("one", never)[1]["dx"][0][0, 0] == 0.1


def test_a_large_bank_is_kept(kept: Kept) -> None:
    many = [{str(k): [[3], 0.5 * k] for k in range(1000)} for _ in range(100)]
    kept("bank", lambda: many)
    assert kept("bank", never) == many


def test_only_the_owner_reads_it(kept: Kept, tmp_path: Path) -> None:
    kept("one", lambda: VALUE)
    (file,) = files(tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    folders = [p for p in file.parents if tmp_path in p.parents]
    assert {stat.S_IMODE(p.stat().st_mode) for p in folders} == {0o700}
    assert (tmp_path / ".secret" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("harm", ["flipped", "cut", "empty", "another's", "forged"])
def test_what_is_damaged_is_made_anew(kept: Kept, tmp_path: Path, harm: str) -> None:
    kept("one", lambda: [1.5])
    (file,) = files(tmp_path)
    data = file.read_bytes()
    if harm == "flipped":
        file.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    elif harm == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif harm == "empty":
        file.write_bytes(b"")
    elif harm == "another's":
        kept("two", lambda: [2.5])
        file.write_bytes(file.with_name("two").read_bytes())
    else:
        Kept(tmp_path / "x", "01", "digest", "other")("one", lambda: [3.5])
        file.write_bytes(files(tmp_path / "x")[0].read_bytes())
    assert kept("one", lambda: [1.5]) == [1.5]
    assert kept("one", never) == [1.5]


def test_another_state_of_the_course_keeps_its_own(kept: Kept, tmp_path: Path) -> None:
    kept("one", lambda: 1)
    assert Kept(tmp_path, "02", "digest", "secret")("one", lambda: 2) == 2
    assert Kept(tmp_path, "01", "new", "secret")("one", lambda: 3) == 3
    assert len(files(tmp_path)) == 2  # what was for the old state of 01 is gone


def test_without_a_place_to_write_it_is_made_each_time(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / ".secret").mkdir()
    (tmp_path / ".secret" / "prepared").write_text("in the way")
    assert [kept("one", lambda: 1), kept("one", lambda: 2)] == [1, 2]


def test_what_does_not_travel_is_made_each_time(kept: Kept) -> None:
    assert [kept("one", lambda: [{1, 2}]), kept("one", lambda: [{3}])] == [[{1, 2}], [{3}]]


def test_those_who_need_it_at_once_wait_for_the_one_who_makes_it(
    kept: Kept, tmp_path: Path
) -> None:
    begun, go = threading.Event(), threading.Event()

    def make() -> int:
        begun.set()
        assert go.wait(10)
        return 1

    first = threading.Thread(target=kept, args=("one", make))
    # Threads have no timers of their own.
    second_found: list[Any] = []
    other = Kept(tmp_path, "01", "digest", "secret")
    first.start()
    assert begun.wait(10)
    second = threading.Thread(target=lambda: second_found.append(other("one", never)))
    second.start()
    go.set()
    first.join()
    second.join()
    assert second_found == [1]


def test_the_one_who_needs_it_first_does_not_pay() -> None:
    signal.setitimer(signal.ITIMER_PROF, 100)
    try:
        with _off_the_clock():
            assert signal.getitimer(signal.ITIMER_PROF) == (0, 0)
        assert signal.getitimer(signal.ITIMER_PROF)[0] > 90
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def test_a_class_is_prepared_once_and_mistakes_run_when_a_row_is_wrong(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(small_class.root / ".secret")
    asked: list[str] = []

    def counted(name: str, function: Any) -> Any:
        def call(*args: Any) -> Any:
            asked.append(name)
            return function(*args)

        return call

    monkeypatch.setattr(question, "expect", counted("reference", question.expect))
    monkeypatch.setattr(question, "run_mistake", counted("mistake", bank.run_mistake))
    monkeypatch.setattr(question, "right_gradients", counted("slopes", question.right_gradients))
    small_class.hand_in("right")
    small_class.hand_in("starter", solved=False)
    run(small_class)
    assert set(asked) == {"reference"}
    asked.clear()
    papers._paper.cache_clear()  # as in another process
    papers.public_questions.cache_clear()
    papers.hidden_questions.cache_clear()
    small_class.hand_in("wrong", lambda text: text.replace("np.sum(dout * x)", "0.0"))
    doubled = {"np.multiply(a, x)": "2 * a * x", "dx = a * dout": "dx = 2 * a * dout"}
    small_class.hand_in(
        "doubled", lambda text: reduce(lambda told, one: told.replace(*one), doubled.items(), text)
    )
    run(small_class, force=True)
    assert set(asked) == {"mistake", "slopes"}
    followed = [row.get("follow_through") for row in small_class.result("doubled")["rows"]]
    assert any(followed)
    named = small_class.result("wrong")
    asked.clear()
    papers._paper.cache_clear()
    papers.public_questions.cache_clear()
    papers.hidden_questions.cache_clear()
    run(small_class, force=True)
    assert not asked
    again = small_class.result("wrong")
    assert again["rows"] == named["rows"]
