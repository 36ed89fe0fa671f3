from pathlib import Path

import pytest

from autograder.course.guides import guide_texts
from autograder.course.release import check_release, release
from autograder.errors import CourseError
from autograder.language import speaking

SOURCE = "solutions/01_small/small.py"
PAGE = "docs/syllabus.md"
OPEN = "# # A small notebook\n"
TEXT = """# Syllabus

<!-- from the course: table -->
<!-- end -->

By hand.

<!-- from the course: 01_small -->
old
<!-- end -->
"""


@pytest.fixture
def course(small_course) -> Path:
    """The small course with a syllabus that is not yet filled."""
    (small_course / "docs").mkdir()
    (small_course / PAGE).write_text(TEXT, encoding="utf-8")
    opening = (
        "# *About a minute. 11.5 points.*\n#\n# - to add;\n# - to go on to a\n#   second line.\n"
    )
    rewrite(small_course, OPEN, OPEN + opening)
    return small_course


def rewrite(root: Path, old: str, new: str, name: str = SOURCE) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), encoding="utf-8")


def test_a_release_fills_the_places_and_nothing_else(course):
    made = release(course)
    assert PAGE in made.written and f"{PAGE}: written" in made.lines
    text = (course / PAGE).read_text(encoding="utf-8")
    assert text.startswith("# Syllabus\n\n<!-- from the course: table -->\n| notebook |")
    assert "\n\nBy hand.\n\n" in text and "old" not in text
    line = "| [A small notebook](../assignments/01_small/small.ipynb) | About a minute | 11.5 | 4 |"
    assert f"{line} 1 | 1 | " in text
    assert "**About a minute, 11.5 points.** Students learn to" in text
    assert "- to add;\n- to go on to a second line.\n" in text
    assert "| `scale_forward` | 1 | by its results; 1 known mistake |" in text
    assert "| `answer_small` | 1 | a number or a choice |" in text
    assert "| `text_why` | 2 | by hand, with a rubric |" in text
    assert not check_release(course).drift
    assert PAGE not in release(course).written


def test_what_is_out_of_date_is_named(course):
    release(course)
    rewrite(course, "| 2.5 |", "| 3 |", PAGE)
    assert list(check_release(course).drift) == [
        "docs/syllabus.md: the part '01_small' is out of date; run `make release`"
    ]


def test_a_syllabus_without_places_says_nothing_true(course):
    release(course)
    (course / PAGE).write_text("# Syllabus\n", encoding="utf-8")
    (found,) = check_release(course).drift
    assert "has no place for the course's numbers" in found


def test_an_unknown_place(course):
    rewrite(course, "from the course: table", "from the course: tabel", PAGE)
    with pytest.raises(CourseError, match="called 'tabel'; it has table, 01_small"):
        release(course)


def test_a_bonus_counts_among_the_points(course):
    rewrite(course, "11.5 points", "10 points, and 1.5 more in a bonus at the end")
    release(course)
    assert "**About a minute, 11.5 points.**" in (course / PAGE).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "message"),
    [
        ("11.5 points", "says 12 points; its rows add up to 11.5"),
        ("*About a minute. 11.5 points.*", "must say time and points in a line of its own"),
    ],
)
def test_the_opening_says_the_points(course, old, message):
    rewrite(course, old, "12 points" if old == "11.5 points" else "Soon done.")
    with pytest.raises(CourseError, match=message):
        release(course)


def test_in_another_language_it_says_what_the_notebooks_say_there(course):
    (course / "locale" / "zh" / "guides").mkdir(parents=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    for name, texts in {
        "guides/syllabus": {"By hand.": "手写的。"},
        "01_small": {
            "A small notebook": "小笔记本",
            "*About a minute. 11.5 points.*": "*约一分钟。11.5 分。*",
            "to add;": "相加；",
        },
    }.items():
        entries = "".join(f'\nmsgid "{one}"\nmsgstr "{other}"\n' for one, other in texts.items())
        (course / f"locale/zh/{name}.po").write_text(head + entries, encoding="utf-8")
    with speaking("zh"):  # what the system speaks
        assert {PAGE, "docs/zh/syllabus.md"} <= {*release(course).written}
        assert not check_release(course).drift
    text = (course / "docs/zh/syllabus.md").read_text(encoding="utf-8")
    assert "| [小笔记本](../../assignments/01_small/small.ipynb) | 约一分钟 | 11.5 | 4 |" in text
    assert "\n\n手写的。\n\n" in text and "**约一分钟，11.5 分。** " in text
    assert "- 相加；\n- to go on to a second line.\n" in text
    assert "| `scale_forward` | 1 | 按结果；1 个已知错误 |" in text
    assert "**About a minute, 11.5 points.**" in (course / PAGE).read_text(encoding="utf-8")
    assert guide_texts(course / PAGE) == ["Syllabus", "By hand."]
