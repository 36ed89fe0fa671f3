"""What the report counts."""

from pathlib import Path
from typing import Any

import pytest

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Source, Where
from autograder.grading.result import Result, ResultFinding, ResultRow
from autograder.grading.store import Store
from autograder.integrations.classbook import (
    ClassBook,
    Hand,
    HandScores,
    Line,
    Paper,
    Person,
    read_regrades,
)
from autograder.integrations.read_class import find_results
from autograder.reports.figures import AssignmentFigures, figures, known
from tests.reports import example_class as example


@pytest.fixture(scope="module")
def layers(book: ClassBook) -> AssignmentFigures:
    (layers, _) = figures(book)
    assert layers.name == example.LAYERS
    return layers


def test_scores_are_of_what_was_handed_in_and_has_a_grade(layers: AssignmentFigures) -> None:
    given = {"ada": 7.5, "bob": 6.5, "carl": 14 / 3 - 1, "dora": 0, "frida": 0}
    given |= {"Łukasz Żółć": 2, example.TURNED: 0, example.FORMULA: 6, "markup": 0}
    assert sorted(layers.scores) == pytest.approx(sorted(given.values()))
    assert layers.mean == pytest.approx(sum(given.values()) / 9)
    assert layers.median == 2
    assert layers.handed_in == 14 and len(layers.missing) == 1


def test_full_points_belong_to_the_last_bin(layers: AssignmentFigures) -> None:
    assert sum(layers.bins) == len(layers.scores)
    assert layers.bins[9] == 1  # 7.5 of 8
    assert layers.bins[0] == 4


def test_rows_are_counted_by_how_they_ended(layers: AssignmentFigures) -> None:
    forward, backward, text = layers.rows
    assert [row.id for row in layers.rows] == ["affine_forward", "affine_backward", "explain_bias"]
    assert forward.counts == {
        "right": 5, "partial": 0, "wrong": 2, "timeout": 0, "unanswered": 1, "manual": 0,
    }  # fmt: skip
    # a person gave bob full points
    assert backward.counts["right"] == 3 and backward.counts["partial"] == 1
    assert backward.counts["manual"] == 1  # a person decides about Łukasz's
    assert backward.counts["timeout"] == 2 and backward.total == 8
    # ada has 1.5 of 2 by hand, dora left it as it was
    assert text.counts["partial"] == 1 and text.counts["unanswered"] == 1
    assert text.counts["manual"] == 6 and text.mean == pytest.approx(0.75)


def test_mistakes_are_counted_by_student(layers: AssignmentFigures) -> None:
    (averaged,) = layers.mistakes
    assert (averaged.row, averaged.name) == ("affine_backward", "db_averaged")
    assert averaged.says.startswith("db is averaged")
    assert set(averaged.students) == {"bob", "carl", "ida"}


def paper(student: str, *findings: ResultFinding) -> Paper:
    row = ResultRow("affine_backward", 1.0, 4.0, "partial", False, findings)
    result = Result(1, student, example.LAYERS, "graded", 1.0, 4.0, (row,), "full", 0.1, "")
    return Paper(result, Person(student), (Line(row),))


def test_without_a_name_the_kind_or_the_very_numbers_make_a_mistake() -> None:
    def wrong(got: float, error: float, **more: Any) -> ResultFinding:
        difference = Difference("value", (), got, 1.0, error, (0, 1))
        return example.finding(Check.GRADIENT, "dx", case="plain", difference=difference, **more)

    told = Explanation(
        Source.REPAIR, where=Where("affine_backward", 4, 7), kind="axis", before="x.sum(axis=1)"
    )
    papers = [
        paper("ada", wrong(0.5, 0.25), wrong(0.7, 0.3)),  # in several cases, told once
        paper("bob", wrong(0.5, 0.25), wrong(0.7, 0.3)),
        paper("carl", wrong(0.5, 0.25), wrong(0.75, 0.125)),  # nobody has the same
        paper("dora", wrong(3.0, 2.0, explanation=told)),
        paper("eve", wrong(4.0, 3.0, explanation=told)),
    ]
    mistakes, _ = known(papers)
    found = {m.name: m for m in mistakes}
    assert sorted(m.name for m in mistakes) == ["axis", "same dx"]
    assert found["same dx"].students == ("ada", "bob")
    assert found["axis"].students == ("dora", "eve") and found["axis"].example == "x.sum(axis=1)"
    _, (kind,) = known([*papers, paper("eve", wrong(4.0, 3.0, explanation=told))])
    assert "wrong axis" in kind.says and kind.students == 2 and kind.before == "x.sum(axis=1)"


def test_what_needs_a_person(layers: AssignmentFigures) -> None:
    found = {(c.title, student) for c in layers.concerns for student in c.students}
    assert {
        ("failed", "jo"),
        ("unclear", "kim"),
        ("overload", "lee"),
        ("stale", "ida"),
        ("unreadable", "frida"),
        ("differs", "Łukasz Żółć"),
        ("look again", "bob"),
        ("unclear", "hal"),
        ("by hand", "bob"),
        ("elsewhere", "dora"),
    } <= found
    (texts,) = (c for c in layers.concerns if c.title == "by hand")
    assert texts.says == "explain_bias"  # what seems differentiated is said once
    assert not {student for _, student in found} & {"ada", "gus"}


@pytest.mark.parametrize("status", ["overload", "unreadable", "stale"])
def test_what_a_person_gave_every_score_is_done(tmp_path: Path, status: str) -> None:
    Store(tmp_path).put(example.result("lee", example.EMPTY, status, message="look"))
    rows = ("affine_forward", "affine_backward", "explain_bias")
    for hands, done in (
        ({row: Hand(manual=1.0) for row in rows}, True),
        ({row: Hand(manual=1.0, look=row == "explain_bias") for row in rows}, False),
        ({row: Hand(manual=1.0) for row in rows[:2]}, False),
    ):
        given = {(example.LAYERS, "lee", row): hand for row, hand in hands.items()}
        book = find_results(tmp_path).book(HandScores(rows=given))
        (paper,) = book.all()
        (found,) = figures(book)
        assert done or status == "unreadable" or paper.grade is None
        assert not done or paper.grade == 3.0
        assert ([c.title for c in found.concerns] == []) == done


def test_no_request_for_another_look_is_lost(tmp_path: Path) -> None:
    folder = example.keep(tmp_path)
    said = ["student,assignment,row,request,answer", ",,,,"]
    said += [f"{who},02_layers,,because {who}," for who in ("ada", "gus", "jo", "gost", "")]
    (tmp_path / "regrades.csv").write_text(
        "\n".join([*said, "ada,06_rn,,because,", "ada,06_rnn,,x,"])
    )
    regrades = read_regrades(tmp_path)
    book = find_results(folder, [example.LAYERS]).book(HandScores(), regrades=regrades)
    (found,) = figures(book)
    asked = {c.says: c.students for c in found.concerns if c.title == "regrade"}
    assert asked == {f"the whole: because {who}": (who,) for who in ("ada", "gus", "jo")}
    (lost,) = book.asides
    assert "gost, 02_layers; (no student), 02_layers; ada, 06_rn. Mend" in lost


def test_isolation_is_counted(book: ClassBook) -> None:
    layers, rnn = figures(book)
    assert layers.isolation == {"full": 10} and not layers.unsafe
    assert rnn.unsafe == 1
