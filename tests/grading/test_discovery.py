"""Who is expected to have handed in what, and what is found."""

from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.grading.discovery import discover

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


def found(root: Path, wanted: tuple[str, ...] = (), roster: tuple[str, ...] = ()) -> dict[str, str]:
    handins = discover(root, NOTEBOOKS, wanted, roster).handins
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


def test_a_renamed_notebook_is_named(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/layers (1).ipynb")
    assert "there is layers (1).ipynb" in found(tmp_path)["ada 02_layers"]


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
    assert discover(tmp_path, NOTEBOOKS).strange == (
        "ada/99_other is no assignment of this course",
    )


def test_an_unknown_assignment_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CourseError, match=r"'07_lstm'; this course has 02_layers, 06_rnn"):
        discover(tmp_path, NOTEBOOKS, ["07_lstm"])


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
    assert [note.split()[0] for note in strange] == [".dots", "bob.zip", "ada/rnn.ipynb"]
    assert "rename it if it is a student's" in strange[0]
    assert all("expected <student>/<assignment>/<notebook>.ipynb" in note for note in strange[1:])


def test_a_notebook_that_an_archive_put_one_folder_too_deep_is_named(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada/02_layers/02_layers/layers.ipynb")
    assert "there is 02_layers/layers.ipynb" in found(tmp_path)["ada 02_layers"]


def test_a_file_where_the_folder_of_an_assignment_belongs_is_named(tmp_path: Path) -> None:
    hand_in(tmp_path, "ada")
    (tmp_path / "ada" / "02_layers").write_text("{}")
    listed = found(tmp_path, wanted=("02_layers",))
    assert "02_layers is a file, expected a folder" in listed["ada 02_layers"]
