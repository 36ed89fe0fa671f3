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
            html.replace("</body>", f"<script>{MEASURE}{PAPER}</script></body>"), "utf-8"
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
