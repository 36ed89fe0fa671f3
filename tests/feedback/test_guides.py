"""The pages for students say what is so: their code runs, and what messages point to is there."""

import doctest
import re
from pathlib import Path

import pytest

from autograder.feedback import say
from tests.feedback import examples
from tests.feedback.conftest import RIGHT, namespace

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", ["troubleshooting.md"])
def test_the_code_of_a_page_gives_what_the_page_shows(root: Path, page: str) -> None:
    text = (root / "docs" / page).read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) > 3 and all(">>>" in block for block in blocks)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, page, 0)
    shown: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=shown.append)
    assert outcome.attempted > 0 and outcome.failed == 0, "".join(shown)


def test_what_messages_point_to_is_there(root: Path) -> None:
    page = (root / say.PAGE).read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (.+)$", page, re.M))
    assert {say.NOT_FINITE, say.SHAPES, say.FLAT} <= headings


@pytest.mark.parametrize(("up", "href"), [(1, "../docs/"), (2, "../../docs/"), (0, "")])
def test_a_check_links_to_the_section_where_the_page_came_along(
    root: Path, folder: Path, public_text: str, monkeypatch: pytest.MonkeyPatch, up: int, href: str
) -> None:
    """Beside a handout's notebooks, above a course's, and nowhere."""
    here = folder / "assignments" / "99_small"
    here.mkdir(parents=True)
    (here / "small.check.json").write_text(public_text, encoding="utf-8")
    if up:
        page = here.parents[up - 1] / say.PAGE
        page.parent.mkdir()
        page.write_bytes((root / say.PAGE).read_bytes())
    monkeypatch.chdir(here)
    told = eval("check(double)", namespace(RIGHT, "def double(x):\n    return x[:, None]\n"
                                           "from autograder import check")).html  # fmt: skip
    found = re.findall(r'<a href="([^"]*)"><code[^>]*>docs/troubleshooting.md</code></a>', told)
    assert found == ([f"{href}troubleshooting.md#Shape-errors"] if up else [])
    assert "docs/troubleshooting.md" in told
    if up:  # in the language of the check, where the page is there
        monkeypatch.setenv("AUTOGRADER_LANGUAGE", "zh")
        there = page.parent / "zh" / page.name
        there.parent.mkdir()
        there.write_bytes((root / "docs/zh" / page.name).read_bytes())
        told = eval("check(double)", namespace(RIGHT, "def double(x):\n    return x[:, None]\n"
                                               "from autograder import check")).html  # fmt: skip
        (chinese,) = re.findall(r'<a href="([^"]*)">', told)
        path, _, title = chinese.partition("#")
        assert path == f"{href}zh/troubleshooting.md"
        assert f"##-{title}\n" in there.read_text("utf-8").replace(" ", "-")
    for link in found:
        path, _, title = link.partition("#")
        assert f"## {title.replace('-', ' ')}\n" in (here / path).read_text(encoding="utf-8")


def test_the_guide_shows_a_check_as_it_is(root: Path) -> None:
    shown = re.findall(
        r"^```text\n(.*?)^```$",
        (root / "docs" / "student-guide.md").read_text("utf-8"),
        re.M | re.S,
    )
    assert shown == [examples.render_text(examples.partial(), coverage=examples.COVERAGE) + "\n"]


@pytest.mark.parametrize("page", ["troubleshooting.md", "student-guide.md"])
def test_links_lead_somewhere(root: Path, page: str) -> None:
    text = (root / "docs" / page).read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.M)
    }
    targets = re.findall(r"\]\(([^)]+)\)", text)
    assert targets
    for target in targets:
        path, _, anchor = target.partition("#")
        assert (root / "docs" / path).exists() if path else anchor in anchors, target
