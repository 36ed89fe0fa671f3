"""What is given back: names by which platforms know whose a file is, and pages that stand alone."""

import zipfile
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.integrations.collected import Collected, Taken, write_collected
from autograder.reports.give_back import give_back
from tests.reports import example_class
from tests.reports.example_class import LAYERS, RNN

CANVAS = {
    "ada": Taken("x", "canvas", "", prefix="lovelaceada_4711_9_"),
    "bob": Taken("y", "canvas", "", prefix="bobb_LATE_4712_10_"),
    "carl": Taken("y", "canvas", "", prefix="bobb_LATE_4712_10_"),  # bob's partner
    "dora": Taken("z", "moodle", "", prefix="Dora_7_assignsubmission_file_"),
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_collected(tmp_path, LAYERS, Collected(CANVAS))
    return example_class.keep(tmp_path)


def back(results: Path, platform: str = "", zipped: bool = True) -> tuple[dict[str, str], str]:
    """The pages by name, and what was said."""
    said = give_back(results, (), Path("back"), None, zipped=zipped, platform=platform)
    found = {}
    for path in Path("back").glob(f"{LAYERS}*.zip"):
        with zipfile.ZipFile(path) as archive:
            found = {name: archive.read(name).decode() for name in archive.namelist()}
    return found, "\n".join(said)


def test_canvas_takes_files_back_by_the_names_that_it_gave(results: Path) -> None:
    pages, said = back(results, "canvas")
    assert pages.keys() == {
        "lovelaceada_4711_9_02_layers.html",
        "bobb_LATE_4712_10_02_layers.html",
    }
    assert "Re-Upload" in said and "of 02_layers: not collected from canvas" in said.replace(
        "11 ", ""
    )
    page = pages["lovelaceada_4711_9_02_layers.html"]
    assert '<html lang="en">' in page and RNN not in page and "index.html" not in page


def test_moodle_takes_files_back_by_participant(results: Path) -> None:
    pages, _ = back(results, "moodle")
    assert pages.keys() == {"Dora_7_assignsubmission_file_02_layers.html"}


@pytest.mark.parametrize("zipped", [True, False])
def test_for_others_a_page_for_everybody_who_handed_in(results: Path, zipped: bool) -> None:
    pages, _ = back(results, zipped=zipped)
    if not zipped:
        pages = {f"{p.parts[1]}.html": p.read_text() for p in Path("back").glob(f"*/{LAYERS}/*")}
    assert "ada.html" in pages and "gus.html" not in pages and len(pages) == 14


def test_a_platform_that_takes_nothing_back_is_refused(results: Path) -> None:
    with pytest.raises(CourseError, match="canvas and moodle take files back"):
        back(results, "gradescope")
