import shutil
from pathlib import Path

import pytest

from autograder.course import gallery as module
from autograder.course import load_course
from autograder.course.gallery import write_gallery
from autograder.course.release import check_release, release
from autograder.errors import CourseError

ROOT = Path(__file__).parents[2]
CELL = "experiment_plt_plot_np_arange_3"
CAPTION = "A line."
SOURCE = "solutions/01_small/small.py"
PICTURE = "docs/figures/gallery/01_small_1.png"
PNG = b"\x89PNG\r\n\x1a\n"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def captions(root: Path, text: str) -> None:
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/gallery.toml").write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """The small course with its gallery, drawn by a real kernel; not to be changed."""
    root = tmp_path_factory.mktemp("drawn") / "course"
    shutil.copytree(Path(__file__).parent / "small", root)
    captions(root, f'[01_small]\n{CELL} = "{CAPTION}"\n')
    rewrite(root / SOURCE, 'raise RuntimeError("experiments are never executed")', "")
    release(root)
    assert len(write_gallery(root)) == 2
    return root


@pytest.fixture
def course(drawn, tmp_path, monkeypatch) -> Path:
    """A copy of it, to be changed, where no notebook may run."""

    def must_not_run(notebook):
        raise AssertionError(f"{notebook.assignment} was run")

    monkeypatch.setattr(module, "draw", must_not_run)
    return Path(shutil.copytree(drawn, tmp_path / "course"))


def test_the_page_shows_the_picture_of_the_experiment(drawn):
    assert (drawn / PICTURE).read_bytes().startswith(PNG)
    page = (drawn / "docs/gallery.md").read_text(encoding="utf-8")
    assert "## [A small notebook](../assignments/01_small/small.ipynb)" in page
    assert f"![{CAPTION}](figures/gallery/01_small_1.png)\n\n{CAPTION}\n" in page
    assert "<!-- 01_small sha256:" in page
    assert not check_release(drawn).drift


def test_a_course_without_captions_has_no_gallery(course):
    (course / "docs/gallery.toml").unlink()
    assert write_gallery(course) == []
    assert not check_release(course).drift


def test_a_second_time_touches_nothing(course):
    assert write_gallery(course) == []


def test_prose_and_hints_change_no_picture(course):
    rewrite(course / SOURCE, "Multiply by a number.", "Multiply by one number.")
    rewrite(course / SOURCE, "A product.", "A product!")
    release(course)
    assert not check_release(course).drift
    assert write_gallery(course) == []


def test_changed_code_is_drift_and_is_run_again(course, monkeypatch):
    rewrite(course / SOURCE, "return 2 * x", "return x + x")
    release(course)
    (found,) = check_release(course).drift
    assert found.startswith("docs/gallery.md: the code of 01_small changed since its pictures")
    assert "make release" in found
    monkeypatch.setattr(module, "draw", lambda notebook: {CELL: PNG + b"new"})
    assert write_gallery(course)[-1] == "docs/gallery.md written"
    assert (course / PICTURE).read_bytes() == PNG + b"new"
    assert not check_release(course).drift


def test_everything_is_drawn_anew_on_request(course, monkeypatch):
    monkeypatch.setattr(module, "draw", lambda notebook: {CELL: PNG + b"new"})
    assert write_gallery(course, everything=True) == [
        "docs/figures/gallery/: 1 pictures of 01_small drawn"
    ]


def test_a_missing_picture_is_drift_and_is_drawn(course, monkeypatch):
    (course / PICTURE).unlink()
    assert list(check_release(course).drift) == [f"{PICTURE} is missing; run `make release`"]
    monkeypatch.setattr(module, "draw", lambda notebook: {CELL: PNG})
    write_gallery(course)
    assert not check_release(course).drift


def test_a_new_caption_is_drift_and_runs_nothing(course):
    captions(course, f'[01_small]\n{CELL} = "Another line."\n')
    (found,) = check_release(course).drift
    assert "its text is not what docs/gallery.toml makes" in found
    assert write_gallery(course) == ["docs/gallery.md written"]
    assert not check_release(course).drift


def test_a_cell_is_found_by_its_text(course):
    captions(course, f'[01_small]\n"plt.plot(" = "{CAPTION}"\n')
    assert not check_release(course).drift


def test_a_page_changed_by_hand_is_drift(course):
    rewrite(course / "docs/gallery.md", f"\n{CAPTION}\n", "\nSomething else.\n")
    assert len(check_release(course).drift) == 1
    (course / "docs/gallery.md").unlink()
    assert list(check_release(course).drift) == ["docs/gallery.md is missing; run `make release`"]


def test_a_picture_without_caption_is_said_and_removed(course, monkeypatch):
    old = course / "docs/figures/gallery/01_small_2.png"
    old.write_bytes(PNG)
    monkeypatch.setattr(module, "draw", lambda notebook: {CELL: PNG, "more": PNG})
    warning, drawn, removed = write_gallery(course, everything=True)
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
        ("[01_small\n", "cannot be read"),
    ],
)
def test_wrong_captions(course, text, message):
    captions(course, text)
    with pytest.raises(CourseError, match=message):
        write_gallery(course)


def test_a_caption_without_a_picture(course, monkeypatch):
    monkeypatch.setattr(module, "draw", lambda notebook: {})
    with pytest.raises(CourseError, match=f"cell {CELL} shows no picture; those that do are none"):
        write_gallery(course, everything=True)


def test_a_notebook_that_does_not_run(drawn, tmp_path):
    course = Path(shutil.copytree(drawn, tmp_path / "course"))
    rewrite(course / SOURCE, "plt.plot(np.arange(3))", "plt.plot(np.arange(3))\n1 / 0")
    with pytest.raises(CourseError, match=r"small\.py: the solved notebook does not run[^$]*Zero"):
        write_gallery(course)


def test_the_pictures_of_this_course_are_small_and_told_apart():
    captioned = module._captions(load_course(ROOT))
    assert captioned is not None
    told = [caption for pictures in captioned.values() for caption in pictures.values()]
    assert len(told) == len(set(told)) > 30
    assert all(caption.endswith(".") for caption in told)
    for path in (ROOT / "docs/figures/gallery").iterdir():
        assert path.suffix == ".png" and path.stat().st_size <= module.LARGEST


def test_what_is_drawn_at_random_is_drawn_alike_each_time(drawn, tmp_path):
    root = Path(shutil.copytree(drawn, tmp_path / "course"))
    rewrite(root / SOURCE, "np.arange(3)", "np.random.default_rng().random(3)")
    one, other = (module.draw(load_course(root).assignment("01_small")) for _ in range(2))
    assert one and one == other
