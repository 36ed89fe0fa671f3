"""In a real browser: every text of the pages can be read, light and dark, wide and on a phone."""

import re
from pathlib import Path

import pytest

from autograder.integrations.classbook import ClassBook
from autograder.reports.pages import class_page, student_page
from tests.feedback.test_browser import MEASURE, assert_legible, data_of

LOOKS = {"dark, on a phone": (0, "rgb(20, 23, 26)", 500), "light": (1, "rgb(255, 255, 255)", 1200)}
"""Setting, paper, width; Chromium opens no window narrower than 500."""
PAPER = """
document.body.dataset.paper = JSON.stringify(getComputedStyle(document.body).backgroundColor);
document.body.dataset.both = `[${document.body.dataset.paper}, ${document.body.dataset.found}]`;
"""


def written(folder: Path, html: str, script: str) -> Path:
    """The page in a file, with a script of ours that its policy would refuse."""
    page = folder / "page.html"
    html = re.sub("<meta http-equiv[^>]*>", "", html)
    page.write_text(html.replace("</body>", f"<script>{script}</script></body>"), "utf-8")
    return page


@pytest.mark.browser
@pytest.mark.parametrize("look", LOOKS)
def test_every_text_can_be_read(chromium: str, book: ClassBook, tmp_path: Path, look: str) -> None:
    setting, paper, width = LOOKS[look]
    flags = f"--window-size={width},4000", f"--blink-settings=preferredColorScheme={setting}"
    for html in [class_page(book), *(student_page(s, book.students[s]) for s in ("bob", "ida"))]:
        page = written(tmp_path, html, MEASURE + PAPER)
        seen, measured = data_of(chromium, page, "both", *flags)
        assert seen == paper
        assert_legible(measured, at_least=15)


TRY = """
const buttons = [...document.querySelectorAll("th button")];
const find = (text) => buttons.find((button) => button.textContent.startsWith(text));
const names = () => [...document.querySelectorAll("table[data-sort] tbody tr")]
  .filter((row) => !row.hidden).map((row) => row.cells[0].textContent.trim().split(/\\s+/).at(-1));
const seen = {};
find("02_layers").click(); seen.up = names();
find("02_layers").click(); seen.down = names();
const input = document.querySelector("input[type=search]");
input.value = "LOVELACE ad"; input.dispatchEvent(new Event("input")); seen.found = names();
document.body.dataset.seen = JSON.stringify(seen);
"""


@pytest.mark.browser
def test_students_can_be_sorted_and_found(chromium: str, book: ClassBook, tmp_path: Path) -> None:
    seen = data_of(chromium, written(tmp_path, class_page(book), TRY), "seen")
    scored = {n: p["02_layers"].grade for n, p in book.students.items() if n.isalpha()}
    scored = {n: grade for n, grade in scored.items() if grade is not None}
    for order, turn in ((seen["up"], 1), (seen["down"], -1)):
        there = [scored[name] * turn for name in order if name in scored]
        assert there == sorted(there) and len(there) == len(scored) > 5
        assert order[-1] not in scored  # who has no score comes last, both ways
    assert seen["found"] == ["ada"]
