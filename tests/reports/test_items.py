"""Item analysis, against numbers worked out by hand and by NumPy."""

from dataclasses import replace

import numpy as np
import pytest
from msgspec import structs

from autograder.integrations.classbook import ClassBook, Line, Paper, Person
from autograder.reports.figures import FEWEST, Item, analyse, cronbach_alpha, struggling
from tests.reports import example_class as example

SCORES = [(2, 4), (2, 4), (2, 3), (1, 4), (1, 2), (1, 1), (0, 2), (0, 0), (2, 0), (0, 1)]


def paper(student: str, scores: tuple[float, ...], status: str = "graded") -> Paper:
    rows = tuple(
        example.row(name, "partial", float(score), points)
        for name, score, points in zip(("f_forward", "f_backward"), scores, (2.0, 4.0))
    )
    result = structs.replace(example.result(student, rows, status), points=6.0)
    return Paper(result, Person(student), tuple(map(Line, result.rows)))


def test_difficulty_discrimination_and_reliability() -> None:
    found = analyse([paper(f"s{i}", scores) for i, scores in enumerate(SCORES)])
    assert found is not None and found.papers == 10
    easy, hard = np.array(SCORES, float).T
    r = np.corrcoef(easy, hard)[0, 1]
    expected = [("f_forward", easy.mean() / 2, r), ("f_backward", hard.mean() / 4, r)]
    for item, (name, difficulty, discrimination) in zip(found.items, expected, strict=True):
        assert item.id == name and item.difficulty == pytest.approx(difficulty)
        assert item.discrimination == pytest.approx(discrimination)
    # of two rows alpha is 4 cov / var of the sum
    covariance = np.cov(easy, hard)[0, 1]
    assert found.reliability == pytest.approx(4 * covariance / np.var(easy + hard, ddof=1))


def test_too_few_submissions_say_nothing() -> None:
    assert analyse([paper("a", (1, 1))] * (FEWEST - 1)) is None
    assert cronbach_alpha([[1, 2, 3]]) is None


@pytest.mark.parametrize(
    ("difficulty", "discrimination", "remark"),
    [(0.95, 0.5, "easy"), (0.2, 0.5, "hard"), (0.6, -0.1, "is the row right?"),
     (0.6, 0.1, "hardly"), (0.6, 0.4, ""), (0.95, None, "easy")],
)  # fmt: skip
def test_what_stands_out(difficulty: float, discrimination: float | None, remark: str) -> None:
    said = Item("f", difficulty, discrimination).remark
    assert remark in said and bool(said) is bool(remark)


def test_who_may_need_help() -> None:
    gone = {"a": "missing", "b": "missing", "c": "graded"}
    papers = {
        name: (paper("ada", (2, 4)), paper("bob", (1, 1)), paper("eve", (2, 4), status))
        for name, status in gone.items()
    }
    book = ClassBook(papers)
    bob, eve = struggling(book)
    assert (bob.student, bob.why) == ("bob", "33 % of the points of what was handed in")
    assert (eve.student, eve.why) == ("eve", "2 assignments not handed in")
    waits = replace(paper("dora", (0, 0)), lines=(Line(example.row("t", "manual", 0, 4)),))
    assert struggling(ClassBook({"a": (waits,)})) == ()
