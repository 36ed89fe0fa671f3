"""In a real browser: every text can be read in light and dark themes, and nothing overflows."""

import json
import re
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from autograder.feedback import as_html, table
from tests.feedback import examples
from tests.feedback.test_rendering import RESULTS

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--window-size=500,4000",
]

# Contrast of every piece of text against what lies behind it, by the formula of WCAG 2.
MEASURE = """
const numbers = c => c.match(/[\\d.]+/g).map(Number);
const parse = c => numbers(c).length < 4 ? [...numbers(c), 1] : numbers(c);
const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
const linear = v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
const light = c => c.map(v => linear(v / 255))
  .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
const behind = e => e === document.documentElement ? [255, 255, 255]
  : over(parse(getComputedStyle(e).backgroundColor), behind(e.parentElement));
const found = [];
for (const e of document.body.querySelectorAll('*')) {
  const own = [...e.childNodes].filter(n => n.nodeType === 3).map(n => n.data).join('').trim();
  if (!own || e.tagName === 'SCRIPT') continue;
  const back = behind(e), ink = parse(getComputedStyle(e).color);
  for (let a = e; a !== document.body; a = a.parentElement) ink[3] *= +getComputedStyle(a).opacity;
  const [x, y] = [light(over(ink, back)), light(back)].sort((a, b) => b - a);
  found.push([own, (x + .05) / (y + .05)]);
}
const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
document.body.dataset.found = JSON.stringify({found, wide});
"""

THEMES = [
    ("#ffffff", "#212121"),  # light
    ("#111111", "#e0e0e0"),  # dark
    ("#000000", "#ffffff"),  # high contrast
    ("#1f1f1f", "#cccccc"),  # VS Code, dark
]
"""Paper and ink."""


def data_of(chromium: str, page: Path, name: str, *flags: str) -> Any:
    """What the scripts of a page left in the body's `data-…`, in a browser started for it."""
    profile = f"--user-data-dir={page.parent / 'profile'}"
    done = subprocess.run(
        [chromium, *FLAGS, *flags, profile, "--dump-dom", page.as_uri()],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    found = re.search(rf'data-{name}="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found.group(1)))


@pytest.mark.browser
def test_every_text_can_be_read_in_every_theme(chromium: str, tmp_path: Path) -> None:
    blocks = [
        examples.render_html(make(), hint=1, coverage=examples.COVERAGE, grids=[examples.COLUMN])
        for make in RESULTS.values()
    ]
    blocks.append(as_html([table(examples.notebook())]))
    shown = [
        f'<section style="background:{paper};color:{ink}">{"".join(blocks)}</section>'
        for paper, ink in THEMES
    ]
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><body>{"".join(shown)}'
        f"<script>{MEASURE}</script></body>",
        encoding="utf-8",
    )
    assert_legible(data_of(chromium, page, "found"), at_least=100 * len(THEMES))


def assert_legible(measured: Any, at_least: int) -> None:
    """Every text stands out, and nothing is wider than the window."""
    assert len(measured["found"]) > at_least
    # a sign (✓ ✗ !) is a graphic, for which 3 is enough; words and numbers need 4.5
    sign = lambda text: len(text) == 1 and not text.isalnum()  # noqa: E731
    assert [(text, c) for text, c in measured["found"] if c < (3 if sign(text) else 4.5)] == []
    assert measured["wide"] <= 0
