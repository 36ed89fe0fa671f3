"""Who is expected to have handed in what, and what is found."""

import os
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.grading.student_folder import discover

NOTEBOOKS = {"02_layers": "layers", "06_rnn": "rnn"}


def hand_in(root: Path, *paths: str) -> Path:
    for path in paths:
        target = root / path
        if target.suffix:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text("{}")
        else:
            target.mkdir(parents=True)
    return root


def found(
    root: Path,
    wanted: tuple[str, ...] = (),
    roster: tuple[str, ...] = (),
    accept: tuple[str, ...] = (),
) -> dict[str, str]:
    handins = discover(root, NOTEBOOKS, wanted, roster, accept).handins
    return {
        f"{h.student} {h.assignment}": h.path.relative_to(root).as_posix() if h.path else h.note
        for h in handins
    }


def test_submissions_lie_in_nbgraders_folders(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers.ipynb", "Zoë Å/02_layers/layers.ipynb")
    assert found(tmp_path) == {
        "Zoë Å 02_layers": "Zoë Å/02_layers/layers.ipynb",
        "ada 02_layers": "ada/02_layers/layers.ipynb",
    }


def test_who_is_known_and_handed_in_nothing_is_listed(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers.ipynb", "bob/02_layers", "eve")
    listed = found(tmp_path, roster=("mia",))
    assert list(listed) == ["ada 02_layers", "bob 02_layers", "eve 02_layers", "mia 02_layers"]
    assert "nothing was handed in" in listed["eve 02_layers"]


@pytest.mark.parametrize(
    ("lies", "advice"),
    [
        ("02_layers/layers-final.ipynb", "--accept layers-final.ipynb"),
        ("02_layers/layers (1).ipynb", "--accept 'layers (1).ipynb'"),
        ("02_layers/layers.ipynb.txt", "--accept layers.ipynb.txt"),
        ("02_layers/layers.ipynb (1).ipynb", "--accept 'layers.ipynb (1).ipynb'"),
        ("02_layers/layers.IPYNB", "--accept layers.IPYNB"),
        ("02_layers/Layers.ipynb", "--accept Layers.ipynb"),
        ("02_layers/layers.ipynb/layers.ipynb", "--accept layers.ipynb"),
        ("02_layers/02_layers/layers.ipynb", "--accept layers.ipynb"),
        ("02_layers/a/b/c/d/e/f/g.ipynb", "--accept"),
        ("02_layers/layers.zip", "Unpack it into 02_layers/"),
        ("02_layers/layers.tar.gz", "Unpack it into 02_layers/"),
        ("02_layers/.layers.ipynb", "--accept .layers.ipynb"),
        ("02_layers/layers.py", "--accept layers.py"),
        ("02_layers/anything", "--accept anything"),
        ("02_layers/rnn.ipynb", "--accept rnn.ipynb"),
        ("02_Layers/layers.ipynb", "--accept layers.ipynb"),
        ("layers/x.ipynb", "--accept x.ipynb"),
        ("layers.ipynb", "--accept layers.ipynb"),
        ("02_layers.zip", "Unpack it into 02_layers/"),
        ("homework.zip", "must lie in 02_layers/"),
        ("02_layers", "--accept 02_layers"),
    ],
)
def test_what_lies_there_is_never_nothing(tmp_path: Path, lies: str, advice: str) -> None:
    path = tmp_path / "ada" / lies
    path.parent.mkdir(parents=True)
    path.write_text("{}")
    (handin,) = discover(tmp_path, NOTEBOOKS, ["02_layers"]).handins
    assert handin.path is None and handin.there
    said = lies if "/g." not in lies else "02_layers/a/b/c/d/e/f"
    assert handin.note.startswith(f"there is no 02_layers/layers.ipynb, but there is {said}. ")
    assert advice in handin.note


@pytest.mark.parametrize(
    "lies",
    [
        "02_layers/.DS_Store", "02_layers/__MACOSX/._layers.ipynb", "02_layers/._layers.ipynb",
        "02_layers/.ipynb_checkpoints/layers-checkpoint.ipynb", "02_layers/Thumbs.db",
        "02_layers/desktop.ini", "02_layers/timestamp.txt", "__MACOSX/02_layers/._layers.ipynb",
        "02_layers/empty", "99_other/other.ipynb",
    ],
)  # fmt: skip
def test_what_systems_leave_behind_is_no_handin(tmp_path: Path, lies: str) -> None:
    hand_in(tmp_path, "ada/02_layers", f"ada/{lies}")
    (handin,) = discover(tmp_path, NOTEBOOKS, ["02_layers"]).handins
    assert not handin.there and "nothing was handed in" in handin.note


def test_a_file_for_another_assignment_is_not_for_this_one(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers", "ada/rnn.ipynb")
    listed = discover(tmp_path, NOTEBOOKS, ["02_layers", "06_rnn"]).handins
    assert [bool(handin.there) for handin in listed] == [False, True]


def test_several_are_counted_and_none_is_guessed(tmp_path: Path) -> None:
    hand_in(tmp_path, *(f"ada/02_layers/v{i}.ipynb" for i in range(5)))
    assert "v2.ipynb and 2 more. If one of them is" in found(tmp_path)["ada 02_layers"]


def test_the_right_name_wins_with_a_word_about_the_others(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers.ipynb", "ada/02_layers/layers-final.ipynb")
    hand_in(tmp_path, "bob/02_layers/layers.ipynb", "bob/02_layers/layers.check.json")
    ada, bob = discover(tmp_path, NOTEBOOKS, accept=["layers-final.ipynb"]).handins
    assert ada.path is not None and ada.path.name == "layers.ipynb"
    assert "not 02_layers/layers-final.ipynb that lies beside it" in ada.note and not bob.note


@pytest.mark.parametrize(
    ("accept", "taken"),
    [
        (("layers-final.ipynb",), "layers-final.ipynb"),
        (("LAYERS-*.ipynb",), "layers-final.ipynb"),
        (("02_layers/deep/x [1].ipynb",), "deep/x [1].ipynb"),
        (("x [1].ipynb", "*.ipynb"), "deep/x [1].ipynb"),
        (("*.ipynb",), "--accept fits 2 of them; name one"),
        (("*.py",), "If one of them is the notebook"),
    ],
)
def test_accept_takes_the_one_file_that_it_names(
    tmp_path: Path, accept: tuple[str, ...], taken: str
) -> None:
    hand_in(tmp_path, "ada/02_layers/layers-final.ipynb", "ada/02_layers/deep/x [1].ipynb")
    listed = found(tmp_path, accept=accept)["ada 02_layers"]
    assert listed.endswith(taken) if taken.endswith("ipynb") else taken in listed


@pytest.mark.parametrize("link", ["ada", "ada/02_layers"])
@pytest.mark.parametrize("target", ["eve", "eve/02_layers", "nowhere"])
def test_a_linked_folder_is_refused_and_not_missing(tmp_path: Path, link: str, target: str) -> None:
    hand_in(tmp_path, "eve/02_layers/layers.ipynb")
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(tmp_path / target)
    handin = discover(tmp_path, NOTEBOOKS).handins[0]
    assert handin.path is None and handin.there and "link" in handin.note


def test_an_empty_folder_is_no_reason_to_expect_an_assignment_of_everybody(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers.ipynb")
    (tmp_path / "bob/06_rnn").mkdir(parents=True)
    found = discover(tmp_path, NOTEBOOKS, roster=["eve"]).handins
    assert [(h.assignment, h.student) for h in found] == [
        ("02_layers", student) for student in ("ada", "bob", "eve")
    ]


def test_an_empty_folder_named_like_a_notebook_is_no_absence(tmp_path: Path) -> None:
    (tmp_path / "ada/02_layers/layers.ipynb").mkdir(parents=True)
    (handin,) = discover(tmp_path, NOTEBOOKS, ["02_layers"]).handins
    assert handin.path is not None


def test_names_that_no_text_can_hold_are_told_apart(tmp_path: Path) -> None:
    for name in (b"caf\xe9", b"caf\xe8"):
        os.makedirs(os.path.join(os.fsencode(tmp_path), name, b"02_layers"))
    roster = ("caf\\udce9", "caf\\udce8")  # as the gradebook has them
    listed = discover(tmp_path, NOTEBOOKS, ["02_layers"], roster).handins
    assert [os.fsencode(handin.student) for handin in listed] == [b"caf\xe8", b"caf\xe9"]


def test_a_student_twice_is_asked_about(tmp_path: Path) -> None:
    hand_in(tmp_path, "Ada/02_layers", "ada/02_layers", "Jose\u0301/02_layers", "José/02_layers")
    notes = list(discover(tmp_path, NOTEBOOKS).strange)
    assert len(notes) == 2 and notes[0].startswith("Ada and ada are graded as different students")


def test_only_assignments_that_somebody_handed_in_are_graded(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers.ipynb")
    assert {key.split()[1] for key in found(tmp_path)} == {"02_layers"}
    assert set(found(tmp_path, wanted=("06_rnn",))) == {"ada 06_rnn"}


def test_hidden_folders_and_files_are_passed_over(tmp_path: Path) -> None:
    hand_in(
        tmp_path, ".git/02_layers/layers.ipynb", "notes.txt", "ada/.ipynb_checkpoints/layers.ipynb"
    )
    assert found(tmp_path) == {}


def test_a_folder_that_is_no_assignment_is_reported(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/99_other/other.ipynb", "ada/02_layers/layers.ipynb")
    hand_in(tmp_path, "bob/99_other/other.ipynb")
    assert discover(tmp_path, NOTEBOOKS).strange == {
        "99_other/ is no assignment of this course": ["ada", "bob"]
    }


def test_no_folder_of_submissions_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match="--submitted"):
        discover(tmp_path / "nowhere", NOTEBOOKS)


def test_a_link_in_the_place_of_a_notebook_is_found(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers")
    (tmp_path / "ada/02_layers/layers.ipynb").symlink_to("/nowhere")
    assert found(tmp_path)["ada 02_layers"] == "ada/02_layers/layers.ipynb"


def test_nothing_that_looks_handed_in_is_passed_over_in_silence(tmp_path: Path) -> None:
    hand_in(
        tmp_path,
        "ada/02_layers/layers.ipynb",
        "ada/rnn.ipynb",
        ".dots/02_layers/layers.ipynb",
        ".git/02_layers/layers.ipynb",
        "bob.zip",
        "notes.txt",
    )
    strange = discover(tmp_path, NOTEBOOKS).strange
    notes = list(strange)
    assert [note.split()[0] for note in notes] == [".dots", "bob.zip", "rnn.ipynb"]
    assert "rename it if it is a student's" in notes[0]
    assert all("expected <student>/<assignment>/<notebook>.ipynb" in note for note in notes[1:])
    assert strange[notes[2]] == ["ada"]
