"""Which answers are alike: a copy with other names is found, answers of one's own are not."""

import re
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.errors import CourseError
from autograder.integrations.collected import Collected, Taken, write_collected
from autograder.similar.command import find_similar, same_lines, tokens
from tests.submissions.build import notebook_text
from tests.submissions.roster import ROSTER

ROOT = Path(__file__).resolve().parents[2]
LAYERS = "02_layers"
OWN = ("bela", "chidi", "dana")  # closures and objects, loops, a class behind


def handed_in(root: Path, student: str, text: str) -> None:
    path = root / "submitted" / student / LAYERS / "layers.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


def renamed(text: str) -> str:
    """A copy in disguise: other names of variables, other numbers of spaces."""
    for old, new in (("out", "result"), ("cache", "memory"), ("dx", "grad_in")):
        text = re.sub(rf"\b{old}\b", new, text)
    return text


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("solutions", "assignments", "nbgrader_config.py"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    whole = load_course(ROOT)
    for student in OWN:
        handed_in(tmp_path, student, str(notebook_text(whole, LAYERS, ROSTER[student][LAYERS])))
    copied = str(notebook_text(whole, LAYERS, ROSTER["chidi"][LAYERS]))
    handed_in(tmp_path, "zoe", renamed(copied))
    handed_in(tmp_path, "starter", (ROOT / "assignments" / LAYERS / "layers.ipynb").read_text())
    return tmp_path


def listed(course: Path) -> tuple[list[tuple[str, str]], str]:
    said = find_similar(LAYERS, Path("submitted"), None)
    html = (course / "reports" / f"similar-{LAYERS}.html").read_text(encoding="utf-8")
    heads = re.findall(r"<h2 id=\"pair-\d+\"><bdi>(\w+)</bdi> and <bdi>(\w+)</bdi>", html)
    assert said.startswith(f"{len(heads)} pair")
    return heads, html


def test_a_copy_in_disguise_is_found_and_work_of_ones_own_is_not(course: Path) -> None:
    pairs, html = listed(course)
    assert pairs == [("chidi", "zoe")]
    assert "a place to look, not a verdict" in html and 'class="alike"' in html
    assert "<script" not in html and '<html lang="en">' in html


def test_partners_are_no_pair(course: Path) -> None:
    taken = {"chidi": Taken("x", "zip", "", group=("zoe",))}
    write_collected(course, LAYERS, Collected(taken))
    pairs, html = listed(course)
    assert pairs == [] and "No two answers" in html


def test_one_answer_is_like_no_other(course: Path) -> None:
    with pytest.raises(CourseError, match="0 answers to 06_rnn that can be read"):
        find_similar("06_rnn", Path("submitted"), None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(x):\n    '''Doc.'''\n    return x * 2", "def f(y):  # mine\n    return y*3"),
        ("a = b.sum(0)\n\n", "total = rows.sum(1)"),
        ("s = 'one'", 's = "two # no comment"'),
    ],
)
def test_names_numbers_and_comments_make_no_difference(one: str, other: str) -> None:
    assert [t for t in tokens(one) if t != "''"] == [t for t in tokens(other) if t != "''"]


def test_what_is_done_makes_one() -> None:
    assert tokens("x.sum(0)") != tokens("x.mean(0)") and tokens("a - b") != tokens("a + b")
    assert len(tokens('"' * 200_000 + "\\" * 200_000)) >= 0  # no form of text takes long


def test_alike_lines_stand_side_by_side() -> None:
    one, other = ["a = 1", "b = f(a)"], ["# hello", "x = 7", "y = g(x)", "z = x - y"]
    side = same_lines(one, other)
    assert ("a = 1", "x = 7", True) in side and ("", "z = x - y", False) in side
