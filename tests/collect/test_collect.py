import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from autograder.collect import download
from autograder.collect.command import collect
from autograder.course import load_course
from autograder.errors import AutograderError, CourseError
from autograder.integrations.collected import FOLDER, read_collected
from tests.collect import downloads
from tests.collect.downloads import Form, Student
from tests.submissions.build import notebook_text
from tests.submissions.roster import solved

ROOT = Path(__file__).resolve().parents[2]
LAYERS, PLACE = "02_layers", "02_layers/layers.ipynb"
ADA = Student("ada", "Ada", "Lovelace", 4711)
BELA = Student("bela", "Bela", "O'Neill", 4712, datetime(2026, 5, 9, 21, 59), late=True)
ROSTER = (
    "id,first_name,last_name,email,lms_user_id,github_username\n"
    "ada,Ada,Lovelace,ada@example.org,4711,\nbela,Bela,O'Neill,bela@example.org,4712,bela-hub\n"
)


def notebook(assignment: str = LAYERS, answer: str = "", ids: bool = True) -> bytes:
    """A released notebook with something written into it."""
    (path,) = (ROOT / "assignments" / assignment).glob("*.ipynb")
    made = json.loads(path.read_bytes())
    if answer:
        code = next(c for c in made["cells"] if "NotImplementedError" in "".join(c["source"]))
        code["source"] = [f"{answer}\n", *code["source"]]
    for cell in made["cells"] if not ids else ():
        cell.pop("id", None)
        cell["metadata"] = {}
    return json.dumps(made).encode()


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "course"
    root.mkdir()
    for name in ("solutions", "assignments", "nbgrader_config.py"):
        (root / name).symlink_to(ROOT / name)
    (root / "roster.csv").write_text(ROSTER)
    monkeypatch.chdir(root)
    return root


def take(source: Path, **options: Any) -> str:
    return "\n".join(collect(source, **options))


def everything(root: Path) -> dict[str, bytes]:
    """What lies in the folder of submissions."""
    return {
        path.relative_to(root / "submitted").as_posix(): path.read_bytes()
        for path in sorted((root / "submitted").rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("form", [downloads.as_zip, downloads.as_folder])
@pytest.mark.parametrize(
    "platform", ["canvas", "moodle", "moodle flat", "gradescope", "repositories"]
)
def test_downloads_are_recognised_and_renamed_notebooks_matched(
    course: Path, platform: str, form: Form
) -> None:
    ours = notebook(answer="x = 1"), notebook(answer="x = 2", ids=False)
    named = [(ADA, {"layers-1.ipynb": ours[0]}), (BELA, {"Untitled (2).ipynb": ours[1]})]
    files = {
        "canvas": lambda: downloads.canvas(named),
        "moodle": lambda: downloads.moodle(named),
        "moodle flat": lambda: downloads.moodle(named, folders=False),
        "gradescope": lambda: downloads.gradescope([((who,), given) for who, given in named]),
        "repositories": lambda: downloads.repositories(named),
    }[platform]()
    source = form(files, course / "download")
    said = take(source, roster=Path("roster.csv"), dry=True)
    assert "Nothing was moved" in said and not (course / "submitted").exists()
    said = take(source, roster=Path("roster.csv"))
    assert said.startswith(platform.split()[0]) and "2 new" in said
    found = everything(course)
    assert (found[f"ada/{PLACE}"], found[f"bela/{PLACE}"]) == ours
    known = read_collected(course, LAYERS).taken["bela"]
    assert known.late is (platform == "canvas")
    assert bool(known.when) is (platform == "gradescope")
    if platform == "canvas":
        assert known.prefix == "oneillbela_LATE_4712_9000010_"
    assert "2 there already" in take(source)


def test_without_a_class_list_students_get_names_of_their_own(course: Path) -> None:
    named = [(ADA, {"a.ipynb": notebook(answer="x = 1")})]
    take(downloads.as_zip(downloads.canvas(named), course / "c"))
    take(downloads.as_zip(downloads.moodle(named), course / "m"))
    assert everything(course).keys() == {f"lovelaceada-4711/{PLACE}", f"ada-lovelace/{PLACE}"}


@pytest.mark.parametrize("policy", ["last", "first"])
def test_of_several_the_policy_says_which_and_none_is_lost(course: Path, policy: str) -> None:
    early, late = notebook(answer="x = 1"), notebook(answer="x = 2")
    files = downloads.canvas([(ADA, {"layers.ipynb": early, "layers-1.ipynb": late})])
    said = take(downloads.as_zip(files, course / "c"), policy=policy, roster=Path("roster.csv"))
    assert f"handed in several; the {policy} counts" in said
    kept = {"last": late, "first": early}[policy]
    assert everything(course)[f"ada/{PLACE}"] == kept
    new = downloads.as_zip(
        downloads.canvas([(ADA, {"b.ipynb": notebook(answer="x = 3")})]), course / "d"
    )
    take(new, policy=policy)
    old = [p.read_bytes() for p in (course / FOLDER / "replaced").rglob("*.ipynb")]
    assert old == ([late] if policy == "last" else [])
    assert (everything(course)[f"ada/{PLACE}"] == kept) is (policy == "first")


@pytest.mark.slow
def test_the_best_is_found_by_grading(course: Path) -> None:
    good = str(notebook_text(load_course(ROOT), "00_start", solved())).encode()
    bad = notebook("00_start", answer="x = 1")
    files = {"ada/one.ipynb": good, "ada/two.ipynb": bad}
    take(downloads.as_zip(files, course / "z"), policy="best")
    assert everything(course) == {"ada/00_start/start.ipynb": good}


def test_a_group_hands_in_one_file(course: Path) -> None:
    raw = notebook(answer="x = 1")
    files = downloads.gradescope([((ADA, BELA), {"layers.ipynb": raw})])
    take(downloads.as_zip(files, course / "g"))
    assert {name: text for name, text in everything(course).items() if "ipynb" in name} == {
        f"ada/{PLACE}": raw,
        f"bela/{PLACE}": raw,
    }
    assert read_collected(course, LAYERS).taken["ada"].group == ("bela",)


def test_slip_days_move_a_deadline_until_they_are_used_up(course: Path) -> None:
    for assignment, slip in ((LAYERS, 1), ("06_rnn", 1), ("05_normalisation", 0)):
        raw = notebook(assignment, answer="x = 1")
        files = downloads.gradescope([((who,), {"n.ipynb": raw}) for who in (ADA, BELA)])
        source = downloads.as_zip(files, course / "g")
        said = take(source, due="2026-05-08 22:00 UTC", slip_days=2 if slip else 1)
        taken = read_collected(course, assignment).taken
        assert (taken["ada"].slip, taken["bela"].slip) == (0, slip)
        assert ("bela 1 day" in said, "1 late: bela" in said) == (bool(slip), not slip)
        when = everything(course)[f"bela/{assignment}/timestamp.txt"]
        assert when == b"2026-05-09 21:59:00.123456 UTC\n"


def test_times_of_moodle_come_with_its_worksheet(course: Path) -> None:
    (course / "w.csv").write_text(downloads.worksheet([ADA, BELA], 45))
    raw = notebook(answer="x = 1")
    source = downloads.as_zip(downloads.moodle([(BELA, {"x.ipynb": raw})]), course / "m")
    said = take(source, roster=Path("w.csv"), due="2026-05-08 22:00 UTC")
    assert "1 late: bela" in said


def test_a_worksheet_of_another_assignment_stops_it(course: Path) -> None:
    lines = downloads.worksheet([ADA, BELA], 45).replace("Participant 7", "Participant 8")
    (course / "w.csv").write_text(lines)
    handed = [(BELA, {"x.ipynb": notebook(answer="x = 1")})]
    source = downloads.as_zip(downloads.moodle(handed), course / "m")
    with pytest.raises(CourseError, match=r"of another assignment.*74712.*Nothing was moved"):
        take(source, roster=Path("w.csv"))
    assert not (course / "submitted").exists()


def test_a_class_list_of_another_course_stops_it(course: Path) -> None:
    raw = notebook(answer="x = 1")
    handed = [(Student(id, id.title(), "Kim", n), {"a.ipynb": raw}) for n, id in enumerate("xyz")]
    files = downloads.gradescope([((who,), given) for who, given in [(ADA, handed[0][1]), *handed]])
    source = downloads.as_zip(files, course / "g")
    with pytest.raises(CourseError, match=r"of 4 who handed in, 3 are not on it \(x, y and z\)"):
        take(source, roster=Path("roster.csv"))
    assert not (course / "submitted").exists() and not (course / "gradebook.db").exists()
    assert "4 new" in take(source)


def bomb() -> bytes:
    return downloads.zipped({"ada/layers.ipynb": b"0" * 4_000_000})


OTHER = notebook("06_rnn", answer="x = 1")
ONE, TWO = notebook(answer="x = 1"), notebook(answer="x = 2")


@pytest.mark.parametrize(
    ("files", "options", "says"),
    [
        ({"slides.pdf": b"%PDF"}, {}, "no notebook can be taken"),
        ({"ada/a.ipynb": b"{}"}, {}, "no notebook of this course"),
        ({"ada/a.ipynb": OTHER}, {"assignment": LAYERS}, "a notebook of 06_rnn, not of 02_layers"),
        ({"ada/a.ipynb": ONE, "ada/b.ipynb": TWO}, {}, "nothing says which is the last"),
        ({"../../ada/a.ipynb": ONE}, {}, "leads out of the archive"),
        ({"ada\\..\\..\\a.ipynb": ONE}, {}, "leads out of the archive"),
        ({"ada/a.ipynb": ONE}, {"format": "gradescope"}, "submission_metadata.yml"),
        ({"ada/a.ipynb": ONE}, {"format": "canvas"}, "nothing in this download is named as canvas"),
        ({"ada/a.zip": b"PK\x05\x06 no"}, {}, "no zip that can be read"),
        ({"g/submission_metadata.yml": b"- {[", "g/s/a.ipynb": ONE}, {}, "cannot be read"),
        ({"ada/a.ipynb": ONE}, {"roster": Path("nbgrader_config.py")}, "no class list"),
        ({"ada/a.ipynb": ONE}, {"slip_days": 2}, "--due"),
        ({"ada/a.ipynb": ONE}, {"due": "5/6/2026"}, "not sure to be a time"),
        ({"ada/a.ipynb": ONE}, {"policy": "newest"}, "last, first, best"),
        ({"ada/a.ipynb": ONE}, {"assignment": "99_x"}, "no notebook '99_x' in this course"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_moved(
    course: Path, files: dict[str, bytes], options: dict[str, Any], says: str
) -> None:
    source = downloads.as_zip(files, course / "download")
    with pytest.raises(AutograderError, match="(?s)" + says.replace("(", r"\(")):
        take(source, **options)
    assert not (course / "submitted").exists()


def test_no_zip_is_unpacked_beyond_bounds(course: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = downloads.as_zip({"ada/a.ipynb": b"0" * 3_000_000, "bela/a.ipynb": ONE}, course / "z")
    monkeypatch.setattr(download, "MAX_BYTES", 2_000_000)
    assert "1 left out, it is larger than 1 MB: ada/a.ipynb" in take(source)
    inside = downloads.as_zip({"ada/x.zip": bomb(), "bela/a.ipynb": ONE}, course / "y")
    assert "it unpacks to more than 1 MB" in take(inside)
    own = downloads.zipped({"a.ipynb": b"0" * 1_000_000, "../b.ipynb": ONE, "c.ipynb": TWO})
    broken = bytearray(own)
    broken[own.index(b"a.ipynb") + len("a.ipynb")] ^= 0xFF
    said = take(downloads.as_zip({"carl/x.zip": bytes(broken)}, course / "x"))
    assert "1 left out, it is damaged" in said and everything(course)[f"carl/{PLACE}"] == TWO
    assert "1 left out, its path leads out of the archive: carl/x.zip/" in said
    monkeypatch.setattr(download, "MOST_BYTES", 2_000_000)
    with pytest.raises(CourseError, match="no class's"):
        take(source)


@pytest.mark.parametrize("name", ["../../evil", "a/b", "..", ".hidden", "x" * 300, "CON\n"])
def test_names_never_become_paths(course: Path, name: str) -> None:
    who = Student(name, name, name, 1)
    raw = notebook(answer="x = 1")
    take(downloads.as_zip(downloads.gradescope([((who,), {"a.ipynb": raw})]), course / "g"))
    (path,) = [path for path in everything(course) if "ipynb" in path]
    student, *rest = path.split("/")
    assert "/".join(rest) == PLACE and not student.startswith(".") and len(student) <= 60
    assert sorted(p.name for p in course.parent.iterdir()) == ["course"]


def test_an_unreadable_or_foreign_notebook_is_kept_for_a_person(course: Path) -> None:
    files = downloads.canvas(
        [
            (ADA, {"layers.ipynb": b"not JSON"}),
            (BELA, {"mine.ipynb": b'{"nbformat": 4, "cells": []}'}),
        ]
    )
    said = take(downloads.as_zip(files, course / "c"), assignment=LAYERS, roster=Path("roster.csv"))
    assert "1 cannot be read" in said and "1 has none of the released cells" in said
    assert everything(course).keys() == {f"ada/{PLACE}", "bela/02_layers/mine.ipynb"}


def test_links_are_neither_followed_nor_written_through(course: Path) -> None:
    outside = course.parent / "outside"
    outside.mkdir()
    source = downloads.as_folder({"ada/a.ipynb": ONE, "bela/b.ipynb": TWO}, course / "d")
    (source / "carl.ipynb").symlink_to(ROOT / "assignments/02_layers/layers.ipynb")
    (course / "submitted").mkdir()
    (course / "submitted" / "ada").symlink_to(outside)
    said = take(source)
    assert "links are not followed" in said and "their folder is a link" in said
    assert not list(outside.iterdir()) and f"bela/{PLACE}" in everything(course)


def test_a_gradebook_of_another_course_stops_it(course: Path) -> None:
    from autograder.integrations.nbgrader.gradebook import open_gradebook

    with open_gradebook(f"sqlite:///{course / 'gradebook.db'}", "history") as gradebook:
        gradebook.add_assignment("rome")
    source = downloads.as_zip({"ada/a.ipynb": ONE}, course / "z")
    with pytest.raises(AutograderError, match="history"):
        take(source)
    assert not (course / "submitted").exists()
