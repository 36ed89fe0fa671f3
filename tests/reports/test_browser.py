"""In a real browser: every text of the pages can be read, light and dark, wide and on a phone."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest

from autograder.integrations.classbook import ClassBook
from autograder.reports.pages import class_page, student_page
from tests.feedback.test_browser import FLAGS, MEASURE

WIDTHS = {"wide": 1200, "phone": 500}  # Chromium opens no window narrower than 500
SCHEMES = {"dark": (0, "rgb(20, 23, 26)"), "light": (1, "rgb(255, 255, 255)")}
PAPER = "document.body.dataset.paper = getComputedStyle(document.body).backgroundColor;"


@pytest.mark.browser
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width", WIDTHS)
def test_every_text_can_be_read(
    chromium: str, book: ClassBook, tmp_path: Path, scheme: str, width: str
) -> None:
    setting, paper = SCHEMES[scheme]
    pages = [class_page(book), *(student_page(s, book.students[s]) for s in ("bob", "ida"))]
    for i, html in enumerate(pages):
        page = tmp_path / f"{i}.html"
        page.write_text(
            re.sub("<meta http-equiv[^>]*>", "", html).replace(
                "</body>", f"<script>{MEASURE}{PAPER}</script></body>"
            ),
            "utf-8",
        )
        flags = [flag for flag in FLAGS if "window-size" not in flag]
        done = subprocess.run(
            [
                chromium,
                *flags,
                f"--window-size={WIDTHS[width]},4000",
                f"--blink-settings=preferredColorScheme={setting}",
                f"--user-data-dir={tmp_path / 'profile'}",
                "--dump-dom",
                page.as_uri(),
            ],
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        measured = re.search(r'data-found="([^"]*)"', done.stdout)
        assert measured, done.stderr[-2000:]
        assert f'data-paper="{paper}"' in done.stdout
        result = json.loads(unescape(measured.group(1)))
        assert len(result["found"]) > 15
        # a sign (✓ ✗ !) is a graphic, for which 3 is enough; words and numbers need 4.5
        weak = [
            (text, contrast)
            for text, contrast in result["found"]
            if contrast < (3 if len(text) == 1 and not text.isalnum() else 4.5)
        ]
        assert weak == []
        assert result["wide"] <= 0, f"page {i} is wider than the window"


TRY = """<script>
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
</script>"""


@pytest.mark.browser
def test_students_can_be_sorted_and_found(chromium: str, book: ClassBook, tmp_path: Path) -> None:
    page = tmp_path / "class.html"
    html = re.sub("<meta http-equiv[^>]*>", "", class_page(book))
    page.write_text(html.replace("</body>", f"{TRY}</body>"), "utf-8")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    done = subprocess.run(
        [chromium, *FLAGS, profile, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    found = re.search(r'data-seen="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    seen = json.loads(unescape(found.group(1)))
    scored = {n: p["02_layers"].grade for n, p in book.students.items() if n.isalpha()}
    scored = {n: grade for n, grade in scored.items() if grade is not None}
    for order, turn in ((seen["up"], 1), (seen["down"], -1)):
        there = [scored[name] * turn for name in order if name in scored]
        assert there == sorted(there) and len(there) == len(scored) > 5
        assert order[-1] not in scored  # who has no score comes last, both ways
    assert seen["found"] == ["ada"]
