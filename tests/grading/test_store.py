"""A result is on file whole or not at all, and an old score never stands as if it were new."""

import errno
import json
import os
import stat
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.errors import GradingError
from autograder.exercises.script import Failure
from autograder.feedback import as_text, card
from autograder.grading.result import Result, ResultFinding, dump, from_row, load, to_row
from autograder.grading.store import Store, is_current

ROW = RowResult(
    "affine_backward",
    10 / 3,
    5,
    "partial",
    {"dx": True, "dw": True, "db": False},
    (
        Finding(
            Check.GRADIENT,
            "db",
            "plain",
            difference=Difference("value", (), 2.0, 1.0, 0.75, (2,)),
            explanation=Explanation(Source.KNOWN, "db_doubled", "Sum it once."),
        ),
    ),
)


def result(student: str = "ada", **changes: object) -> Result:
    made = Result(
        schema=1,
        student=student,
        assignment="02_layers",
        status="graded",
        score=12.5,
        points=45,
        rows=(from_row(ROW),),
        isolation="full",
        seconds=0.05,
        digest="sha256:abc",
    )
    return msgspec.structs.replace(made, **changes)


def test_the_file_has_the_contracts_keys() -> None:
    body = json.loads(dump(result()))
    assert set(body) == {
        "schema", "student", "assignment", "status", "score", "points", "rows", "isolation",
        "seconds", "digest",
    }  # fmt: skip
    (row,) = body["rows"]
    assert row["score"] == 10 / 3  # unrounded
    assert {"id", "score", "points", "status", "follow_through", "findings"} <= set(row)
    (finding,) = row["findings"]
    assert {"check", "output", "severity", "passed", "message", "mistake", "error"} <= set(finding)
    assert finding["mistake"] == "db_doubled"


def test_what_was_written_reads_the_same() -> None:
    assert load(dump(result())) == result()
    assert to_row(from_row(ROW)) == ROW


def test_numbers_that_json_lacks_become_null() -> None:
    wrong = Difference("value", got=float("inf"), expected=0.0, error=float("nan"))
    finding = Finding(Check.VALUE, "out", difference=wrong)
    row = from_row(RowResult("f", 0, 1, "wrong", {}, (finding,)))
    read = load(dump(result(rows=(row,))))
    again = read.rows[0].findings[0]
    assert again.error is None and again.difference.got is None
    assert as_text(card(to_row(read.rows[0])))


def test_a_students_words_never_stop_the_writing() -> None:
    said = Failure("exception", "said \ud800 and \x1b[31m", "ValueError", ("\udfff",))
    finding = Finding(Check.FAILURE, failure=said)
    row = from_row(RowResult("f", 0, 1, "wrong", {}, (finding,)))
    assert (
        load(dump(result(rows=(row,))))
        .rows[0]
        .findings[0]
        .message.startswith("f raised ValueError: said ?")
    )


def test_what_leaves_the_grader_is_small_whatever_went_in() -> None:
    """Pages, exports and autograded notebooks are made of it in the parent, for everybody."""
    raised = [Failure("exception", "x" * n, "E", ("y" * n,) * 12) for n in (10**6, 1)]
    row, short = (
        from_row(RowResult("f", 0, 1, "error", {}, (Finding(Check.FAILURE, failure=one),)))
        for one in raised
    )
    assert len(dump(result(rows=(row,)))) < len(dump(result(rows=(short,)))) + 14 * 2_100
    assert row.findings[0].message.endswith("x …")


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    path = Store(tmp_path / "deep" / "results").put(result("Zoë Ångström"))
    assert path == tmp_path / "deep/results/02_layers/Zoë Ångström.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    store = Store(tmp_path)
    path = store.put(result())
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(GradingError, match="No space left on device"):
        store.put(result(score=1.0))
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_folder_that_cannot_be_written_is_found_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "results").write_text("a file is in the way")
    with pytest.raises(GradingError, match="cannot write"):
        Store(tmp_path / "results").probe()


@pytest.mark.parametrize("text", ["", "{", '{"schema": 1}', "[]", "null"])
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    store = Store(tmp_path)
    path = store.put(result())
    path.write_text(text)
    assert store.get("02_layers", "ada") is None


def test_a_stale_score_is_marked_and_never_current(tmp_path: Path) -> None:
    store = Store(tmp_path)
    old = result()
    store.put(old)
    assert is_current(store.get("02_layers", "ada"), "sha256:abc")
    store.mark_stale(old, "the worker died")
    found = store.get("02_layers", "ada")
    assert found is not None and found.status == "stale" and found.score == old.score
    assert found.message == "the worker died" and not found.is_grade
    assert not is_current(found, "sha256:abc") and not is_current(found, "")


def test_what_has_no_digest_or_another_is_made_again() -> None:
    assert not is_current(result(status="failed"), "sha256:abc")
    assert not is_current(result(status="stale", digest=""), "sha256:abc")
    assert is_current(result(status="stale"), "sha256:abc")  # what lies there was looked at
    assert is_current(result(status="unclear"), "sha256:abc")
    assert is_current(result(status="missing"), "sha256:abc")
    assert not is_current(result(), "sha256:other")
    assert not is_current(None, "sha256:abc")


def test_all_results_of_an_assignment(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.all("02_layers") == []
    for student in ("eve", "ada", "a.b"):
        store.put(result(student))
    (tmp_path / "02_layers" / ".left.tmp").write_text("from a run that was killed")
    assert [name for name, _ in store.all("02_layers")] == ["a.b", "ada", "eve"]


@pytest.mark.parametrize(
    "name", ["x" * 252, "é" * 126, "李" * 84, "x" * 251 + "\udcff", "con", "a\nb"]
)
def test_every_name_of_a_folder_gets_a_file_of_its_own(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    paths = {store.put(result("?", score=float(i)), name[:-1] + end) for i, end in enumerate("ab")}
    assert len(paths) == 2
    assert {r.score for _, r in store.all("02_layers")} == {0, 1}  # by the names on file
    for i, end in enumerate("ab"):
        found = store.get("02_layers", name[:-1] + end)
        assert found is not None and found.score == i


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EROFS, "--results"),
        (errno.EACCES, "permissions"),
        (errno.ENAMETOOLONG, "shorter name"),
        (errno.EIO, "mend that"),
    ],
)
def test_a_result_that_cannot_be_written_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, advice: str
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(GradingError) as caught:
        Store(tmp_path).put(result())
    assert os.strerror(number) in str(caught.value) and advice in str(caught.value)
    assert number == errno.ENOSPC or "free" not in str(caught.value)


def test_a_finding_on_paper_has_every_field_of_a_finding():
    """What is not written is gone when the report reads it back."""
    assert {f.name for f in fields(Finding)} <= set(ResultFinding.__struct_fields__)
