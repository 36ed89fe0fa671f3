"""The scripts of docs/: what comes from the course is made, and what is out of date is named."""

import shutil
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.errors import CourseError
from autograder.language import speaking
from autograder.translation import open_catalogues, states
from autograder.translation.template import page_texts
from docs import gallery
from docs.__main__ import check, main, write

ROOT = Path(__file__).parents[1]
CELL = "experiment_plt_plot_np_arange_3"
CAPTION = "A line."
SOURCE = "solutions/01_small/small.py"
PICTURE = "docs/figures/gallery/01_small_1.png"
PNG = b"\x89PNG\r\n\x1a\n"
SYLLABUS = "docs/syllabus.md"
TEXT = """# Syllabus

<!-- from the course: table -->
<!-- end -->

By hand.

<!-- from the course: 01_small -->
old
<!-- end -->
"""
OPENING = """# # A small notebook
# *About a minute. 11.5 points.*
#
# - to add;
# - to go on to a
#   second line.
"""


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def captions(root: Path, text: str) -> None:
    (root / "docs/gallery.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """The small course with its pages, drawn by a real kernel; not to be changed."""
    root = tmp_path_factory.mktemp("drawn") / "course"
    shutil.copytree(Path(__file__).parent / "course/small", root)
    (root / "docs").mkdir()
    (root / SYLLABUS).write_text(TEXT, encoding="utf-8")
    captions(root, f'[01_small]\n{CELL} = "{CAPTION}"\n')
    rewrite(root / SOURCE, "# # A small notebook\n", OPENING)
    rewrite(root / SOURCE, 'raise RuntimeError("experiments are never executed")', "")
    assert len(check(load_course(root))) == 3
    assert write(load_course(root)) == [
        "docs/figures/gallery/: 1 pictures of 01_small drawn",
        "docs/syllabus.md: written",
        "docs/gallery.md: written",
    ]
    return root


@pytest.fixture
def root(drawn, tmp_path, monkeypatch) -> Path:
    """A copy of it, to be changed, where no notebook may run."""

    def must_not_run(notebook):
        raise AssertionError(f"{notebook.assignment} was run")

    monkeypatch.setattr(gallery, "draw", must_not_run)
    return Path(shutil.copytree(drawn, tmp_path / "course"))


def found(root: Path) -> list[str]:
    return check(load_course(root))


def written(root: Path, *, everything: bool = False) -> list[str]:
    return write(load_course(root), everything=everything)


def test_the_gallery_shows_the_picture_of_the_experiment(drawn):
    assert (drawn / PICTURE).read_bytes().startswith(PNG)
    page = (drawn / "docs/gallery.md").read_text(encoding="utf-8")
    assert "## [A small notebook](../assignments/01_small/small.ipynb)" in page
    assert f"![{CAPTION}](figures/gallery/01_small_1.png)\n\n{CAPTION}\n" in page
    assert "<!-- 01_small sha256:" in page


def test_the_syllabus_has_its_places_filled_and_nothing_else(drawn):
    text = (drawn / SYLLABUS).read_text(encoding="utf-8")
    assert text.startswith("# Syllabus\n\n<!-- from the course: table -->\n| notebook |")
    assert "\n\nBy hand.\n\n" in text and "old" not in text
    line = "| [A small notebook](../assignments/01_small/small.ipynb) | About a minute | 11.5 | 4 |"
    assert f"{line} 1 | 1 | " in text
    assert "**About a minute, 11.5 points.** Students learn to" in text
    assert "- to add;\n- to go on to a second line.\n" in text
    assert "| `scale_forward` | 1 | by its results; 1 known mistake |" in text
    assert "| `answer_small` | 1 | a number or a choice |" in text
    assert "| `text_why` | 2 | by hand, with a rubric |" in text


def test_a_second_time_touches_nothing(root, monkeypatch, capsys):
    assert written(root) == found(root) == []
    monkeypatch.chdir(root)
    assert main(["--check"]) == 0
    rewrite(root / SYLLABUS, "| 2.5 |", "| 3 |")
    assert main(["--check"]) == 1
    said = "docs/syllabus.md is out of date; run `make release`\n"
    assert capsys.readouterr().out.endswith(said)


def test_prose_and_hints_change_no_picture(root):
    rewrite(root / SOURCE, "Multiply by a number.", "Multiply by one number.")
    rewrite(root / SOURCE, "A product.", "A product!")
    assert found(root) == written(root) == []


def test_changed_code_is_drift_and_is_run_again(root, monkeypatch):
    rewrite(root / SOURCE, "return 2 * x", "return x + x")
    assert found(root) == ["docs/gallery.md is out of date; run `make release`"]
    monkeypatch.setattr(gallery, "draw", lambda notebook: {CELL: PNG + b"new"})
    assert written(root)[-1] == "docs/gallery.md: written"
    assert (root / PICTURE).read_bytes() == PNG + b"new"
    assert not found(root)


def test_everything_is_drawn_anew_on_request(root, monkeypatch):
    monkeypatch.setattr(gallery, "draw", lambda notebook: {CELL: PNG + b"new"})
    assert written(root, everything=True) == ["docs/figures/gallery/: 1 pictures of 01_small drawn"]


def test_a_missing_picture_is_drift_and_is_drawn(root, monkeypatch):
    (root / PICTURE).unlink()
    assert found(root) == [f"{PICTURE} is missing; run `make release`"]
    monkeypatch.setattr(gallery, "draw", lambda notebook: {CELL: PNG})
    written(root)
    assert not found(root)


def test_a_new_caption_is_drift_and_runs_nothing(root):
    captions(root, f'[01_small]\n{CELL} = "Another line."\n')
    assert found(root) == ["docs/gallery.md is out of date; run `make release`"]
    assert written(root) == ["docs/gallery.md: written"]
    assert not found(root)


def test_a_cell_is_found_by_its_text(root):
    captions(root, f'[01_small]\n"plt.plot(" = "{CAPTION}"\n')
    assert not found(root)


def test_a_picture_without_caption_is_said_and_removed(root, monkeypatch):
    old = root / "docs/figures/gallery/01_small_2.png"
    old.write_bytes(PNG)
    monkeypatch.setattr(gallery, "draw", lambda notebook: {CELL: PNG, "more": PNG})
    warning, drawn, removed = written(root, everything=True)
    assert "the picture of more has no caption and was left out" in warning
    assert "1 pictures of 01_small drawn" in drawn
    assert "removed docs/figures/gallery/01_small_2.png" in removed and not old.exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[02_large]\na = "b"\n', "no assignment '02_large'; this course has 01_small"),
        (
            f'[01_small]\nelsewhere = "{CAPTION}"\n',
            f"got 'elsewhere' = .*, which fits none of {CELL}",
        ),
        (f'[01_small]\n{CELL} = ""\n', f"got '{CELL}' = ''"),
    ],
)
def test_wrong_captions(root, text, message):
    captions(root, text)
    with pytest.raises(CourseError, match=message):
        written(root)


def test_a_caption_without_a_picture(root, monkeypatch):
    monkeypatch.setattr(gallery, "draw", lambda notebook: {})
    with pytest.raises(CourseError, match=f"cell {CELL} shows no picture; those that do are none"):
        written(root, everything=True)


def test_a_notebook_that_does_not_run(drawn, tmp_path):
    root = Path(shutil.copytree(drawn, tmp_path / "course"))
    rewrite(root / SOURCE, "plt.plot(np.arange(3))", "plt.plot(np.arange(3))\n1 / 0")
    with pytest.raises(CourseError, match=r"small\.py: the solved notebook does not run[^$]*Zero"):
        written(root)


def test_the_pictures_of_this_course_are_small_and_told_apart():
    captioned = gallery.captions(load_course(ROOT)).values()
    told = [caption for pictures in captioned for caption in pictures.values()]
    assert len(told) == len(set(told)) > 30
    assert all(caption.endswith(".") for caption in told)
    for path in (ROOT / gallery.PICTURES).iterdir():
        assert path.suffix == ".png" and path.stat().st_size <= gallery.LARGEST


def test_what_is_drawn_at_random_is_drawn_alike_each_time(drawn, tmp_path):
    root = Path(shutil.copytree(drawn, tmp_path / "course"))
    rewrite(root / SOURCE, "np.arange(3)", "np.random.default_rng().random(3)")
    one, other = (gallery.draw(load_course(root).assignment("01_small")) for _ in range(2))
    assert one and one == other


def test_a_bonus_counts_among_the_points(root):
    rewrite(root / SOURCE, "11.5 points", "10 points, and 1.5 more in a bonus at the end")
    assert found(root) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (SYLLABUS, "the course: table", "the course: tabel", "no assignment 'tabel'; this"),
        (SYLLABUS, "from the course:", "of the course:", "has no place for numbers"),
        (SOURCE, "11.5 points", "12 points", r"11\.5 points\.\*'; .* It says \*About a minute"),
        (SOURCE, "*About a minute. 11.5 points.*", "Soon done.", "must say time and points in a"),
    ],
)
def test_a_syllabus_that_cannot_be_made_says_why(root, file, old, new, message):
    rewrite(root / file, old, new)
    with pytest.raises(CourseError, match=message):
        found(root)


def test_in_another_language_the_syllabus_says_what_the_notebooks_say_there(root):
    (root / "locale" / "zh" / "guides").mkdir(parents=True)
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
        (root / f"locale/zh/{name}.po").write_text(head + entries, encoding="utf-8")
    assert found(root) == ["docs/zh/syllabus.md is missing; run `make release`"]
    with speaking("zh"):  # what the system speaks
        assert written(root) == ["docs/zh/syllabus.md: written"]
        assert not found(root)
    text = (root / "docs/zh/syllabus.md").read_text(encoding="utf-8")
    assert "| [小笔记本](../../assignments/01_small/small.ipynb) | 约一分钟 | 11.5 | 4 |" in text
    assert "| **1 个笔记本** | |" in text
    assert "\n\n手写的。\n\n" in text and "**约一分钟，11.5 分。** " in text
    assert "- 相加；\n- to go on to a second line.\n" in text
    assert "| `scale_forward` | 1 | 按结果；1 个已知错误 |" in text
    assert "**About a minute, 11.5 points.**" in (root / SYLLABUS).read_text(encoding="utf-8")
    assert page_texts(root / SYLLABUS) == ["Syllabus", "By hand."]
    (root / "locale/zh/guides/syllabus.po").unlink()
    assert found(root) == ["docs/zh/syllabus.md is stale: no catalogue makes it; delete it"]


def test_a_page_is_made_from_its_catalogue_and_its_links_lead_on(root):
    (root / "README.md").write_text(
        "# A course\n\n[汉字](docs/zh/README.md)\n\n"
        "Start with [the guide](docs/guide.md#two-words), or [a file](data/x.csv).\n",
        encoding="utf-8",
    )
    (root / "docs" / "guide.md").write_text(
        "# Guide\n\n```\n# Run it.\nmake\n```\n\n## Two words!\n\nBack: [there](../README.md), "
        "[here](#two-words), [away](https://example.org/x.md).\n",
        encoding="utf-8",
    )
    for page in ("README", "guide"):
        (catalogue,) = open_catalogues(load_course(root), ["zh"], [page])
        catalogue.write()
        text = catalogue.path.read_text(encoding="utf-8")
        for english in catalogue.entries:
            before = f'msgid "{english}"\nmsgstr "'
            text = text.replace(before, f"{before}字 {english}".replace("字 [汉字]", "[English]"))
        catalogue.path.write_text(text, encoding="utf-8")
    assert written(root) == ["docs/zh/README.md: written", "docs/zh/guide.md: written"]
    assert not found(root)
    readme = (root / "docs" / "zh" / "README.md").read_text(encoding="utf-8")
    guide = (root / "docs" / "zh" / "guide.md").read_text(encoding="utf-8")
    assert "[English](../../README.md)" in readme
    assert "(guide.md#字-two-words)" in readme
    assert "(../../data/x.csv)" in readme
    assert "# 字 Run it.\nmake\n" in guide
    assert "[there](README.md), [here](#字-two-words), [away](https://example.org/x.md)" in guide
    # a sentence that changed is English again until somebody looks, and the page is out of date
    rewrite(root / "docs" / "guide.md", "Run it.", "Run it twice.")
    (catalogue,) = open_catalogues(load_course(root), ["zh"], ["guide"])
    catalogue.write()
    assert [t.split(" (")[0] for s in states([catalogue]) for t in s.fuzzy] == ["Run it twice."]
    assert found(root) == ["docs/zh/guide.md is out of date; run `make release`"]
    assert written(root) == ["docs/zh/guide.md: written"]
    assert "# Run it twice.\n" in (root / "docs" / "zh" / "guide.md").read_text(encoding="utf-8")
