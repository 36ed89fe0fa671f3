"""The pages: what they say, what they must not do, and how they are built."""

import base64
import hashlib
import itertools
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from msgspec import structs

from autograder.integrations.classbook import ClassBook, Regrade
from autograder.language import speaking
from autograder.reports.pages import class_page, comment, page_name, student_page, write_report

GOLDEN = Path(__file__).parent / "golden"
VOID = {"meta", "br", "line", "rect", "img", "link"}


class Page(HTMLParser):
    """A page taken apart; tags that are not closed in order are an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._open):
            self.said.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.said))


def student(book: ClassBook, name: str) -> str:
    return student_page(name, book.students[name])


def test_pages_are_in_the_language_that_is_spoken(book: ClassBook) -> None:
    english = student(book, "ida"), class_page(book)
    with speaking("zh"):
        chinese = student(book, "ida"), class_page(book)
    words = (
        {"Something looks wrong?": "觉得哪里不对？", "status": "状态"},
        {"Needs you first": "先需要你处理的", "Means and medians": "均值和中位数"},
    )
    for one, other, pairs in zip(english, chinese, words, strict=True):
        assert '<html lang="en">' in one and '<html lang="zh">' in other
        for text, translation in pairs.items():
            assert text in Page(one).text and text not in Page(other).text
            assert translation in Page(other).text
        assert [tag for tag, _ in Page(one).tags] == [tag for tag, _ in Page(other).tags]


def every_page(book: ClassBook) -> list[str]:
    return [class_page(book), *(student(book, name) for name in book.students)]


def compare(name: str, text: str) -> None:
    """Compare with the file on record, but for the style sheet; UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    text = re.sub(r"(?s)(?<=<style>).*?(?=</style>)", "", text)
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed: read the difference"


def test_the_class_page_is_as_on_record(book: ClassBook) -> None:
    compare("class.html", class_page(book))


@pytest.mark.parametrize("name", ["bob", "ida"])
def test_a_student_page_is_as_on_record(book: ClassBook, name: str) -> None:
    compare(f"{name}.html", student(book, name))


def test_nothing_of_a_student_s_is_markup_or_drives_anything(book: ClassBook) -> None:
    for page, html in enumerate(every_page(book)):
        tags = [tag for tag, _ in Page(html).tags]
        assert not set(tags) & {"i-dont-exist", "iframe", "object", "form", "input"}
        assert tags.count("script") == (page == 0)  # ours; the browser runs no other
        assert "<b>bold" not in html and "<i>line" not in html
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", html)
    page = class_page(book)
    assert "&lt;script&gt;" in page and "\N{REPLACEMENT CHARACTER}gnp.exe" in page


def test_nothing_is_loaded_from_elsewhere(book: ClassBook) -> None:
    """And a student's page leads nowhere: it must stand alone."""
    for page, html in enumerate(every_page(book)):
        for tag, attributes in Page(html).tags:
            assert tag not in ("link", "img")
            assert not {"src", "srcset", "onclick", "onload"} & set(attributes)
            if "href" in attributes:
                assert re.match("#" if page else "(#|students/)", attributes["href"] or "")
        assert "url(" not in html and "@import" not in html


def test_the_browser_runs_our_script_and_no_other(book: ClassBook) -> None:
    html = class_page(book)
    (script,) = re.findall("<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    assert f"{policy}; script-src 'sha256-{digest}'\"" in html
    assert f'content="{policy}"' in student(book, "bob")


def test_links_lead_somewhere(book: ClassBook, tmp_path: Path) -> None:
    write_report(book, tmp_path)
    pages = [tmp_path / "index.html", *(tmp_path / "students").iterdir()]
    for page in pages:
        parsed = Page(page.read_text(encoding="utf-8"))
        anchors = [a["id"] for _, a in parsed.tags if "id" in a]
        assert len(anchors) == len(set(anchors))
        for _, attributes in parsed.tags:
            for name in ("href", "aria-labelledby"):
                target = attributes.get(name)
                if target is None:
                    continue
                if name == "aria-labelledby" or target.startswith("#"):
                    assert target.removeprefix("#") in anchors
                else:
                    assert (page.parent / target).is_file()


def test_the_outline_can_be_heard(book: ClassBook) -> None:
    """One h1, no level skipped, every header cell says of what, every picture has words."""
    for html in every_page(book):
        page = Page(html)
        assert ("html", {"lang": "en"}) in page.tags
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        assert all(a.get("scope") in ("col", "row") for tag, a in page.tags if tag == "th")
        assert all(a.get("aria-label") for tag, a in page.tags if tag == "svg")
        assert re.search(r"<title>\S", html)


def test_what_people_decided_counts(book: ClassBook) -> None:
    bob, carl = Page(student(book, "bob")).text, Page(student(book, "carl")).text
    assert "6.5 of 8 points" in bob
    assert "A person gave this score; the grader gave 2.67." in bob
    assert "Extra credit in it: 0.5." in bob
    assert "Points taken off because it was late: 1." in carl
    ada = Page(student(book, "ada")).text
    assert "Ada Lovelace" in ada and "◐ explain_bias partly right1.5 / 2 points" in ada
    assert "✓ affine_backward right4.5 / 4 points" in bob and "db is off" not in bob
    assert "7.5by hand" in ada and "late −1" in carl
    page = Page(class_page(book)).text
    assert "7.5by hand" in page and "3.67 + ?late −1" in page
    assert "still to be graded" not in ada.split("02_layers: ")[1].split("06_rnn: ")[0]


def test_what_it_looks_like_comes_first_and_the_traceback_last(book: ClassBook) -> None:
    text = Page(student(book, "carl")).text
    assert text.index("db is averaged") < text.index("db is off by") < text.index("-0.772")
    name = next(name for name in book.students if name.startswith("<script"))
    broken = Page(student(book, name)).text
    assert broken.index("raised ValueError") < broken.index("In your code")


@pytest.mark.parametrize(
    "name", ["ada", "..", "a/b", "Ada", "con", "ada ", "x" * 300, "é", "e\u0301"]
)
def test_file_names_are_safe_and_never_shared(name: str) -> None:
    safe = page_name(name)
    assert re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,60}\.html", safe)
    assert safe == "ada.html" or safe != page_name(name + "x")
    others = {"ada", "..", "a/b", "Ada", "con", "ada ", "é", "e\u0301", "a-b", safe[:-5]} - {name}
    assert safe not in {page_name(other) for other in others} or name == "ada"


def test_pages_of_those_who_left_are_removed_and_nothing_else(
    book: ClassBook, tmp_path: Path
) -> None:
    write_report(book, tmp_path)
    gone = tmp_path / "students" / "zed.html"
    gone.write_bytes((tmp_path / "students" / "ada.html").read_bytes())
    mine = tmp_path / "students" / "mine.html"
    mine.write_text("<p>not a page of ours</p>")
    written = write_report(book, tmp_path)
    assert not gone.exists() and mine.exists()
    assert written == len(book.students) - 1  # gus handed in nothing
    assert (tmp_path / "students").stat().st_mode & 0o077 == 0


def test_what_stands_is_not_written_anew(book: ClassBook, tmp_path: Path) -> None:
    write_report(book, tmp_path)
    page = tmp_path / "students" / "ada.html"
    before = page.stat().st_ino
    write_report(book, tmp_path)
    assert page.stat().st_ino == before


def test_what_a_person_wrote_is_there_and_is_no_markup(book: ClassBook) -> None:
    ada, bob = student(book, "ada"), student(book, "bob")
    assert "Comment: A number is missing." in Page(ada).text
    assert "Comment on flatten_code: Neat." in Page(ada).text  # of a cell that is no row
    assert "Comment: Good idea. <script>" in Page(bob).text and "<script>" not in bob


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* `c`", "<p>a <em>b</em> <code>c</code></p>"),
        ("<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](https://example.org)", '<p><a href="https://example.org">x</a></p>'),
        ("# loud", "<p># loud</p>"),
        ("![x](https://example.org/x.png)", '<p>!<a href="https://example.org/x.png">x</a></p>'),
    ],
)
def test_a_comment_is_markdown_that_can_do_nothing(text: str, html: str) -> None:
    assert comment(text) == html


def test_points_that_are_still_to_come_are_not_hidden(book: ClassBook) -> None:
    carl = Page(student(book, "carl")).text
    assert "of 8 points; 1 row still to be graded by a person." in carl and "+ ?" in carl
    ada = Page(student(book, "ada")).text
    assert "7.5 of 8" in ada and "13.5 of 16 points; 1 row still to be graded" in ada
    page = Page(class_page(book)).text
    assert "in allof 16" in page and "13.5 + ?" in page


def test_what_lost_points_comes_first_and_right_rows_are_folded(book: ClassBook) -> None:
    carl, dora = student(book, "carl"), Page(student(book, "dora")).text
    shown, folded = carl.split("<details class")
    assert "affine_backward" in shown and "affine_forward" not in shown.partition("<h2")[2]
    assert "1 row right: affine_forward" in folded
    assert dora.index("affine_backward not written") < dora.index("affine_forward not written")


def test_a_page_says_how_to_ask_for_another_look(book: ClassBook) -> None:
    (bob,) = (p for p in book.papers["02_layers"] if p.result.student == "bob")
    asked = (Regrade("affine_backward", "it is <right>"), Regrade("", "really?", "No."))
    bob = replace(bob, regrades=asked)
    page = Page(student_page("bob", {"02_layers": bob})).text
    assert "bob, 02_layers, ROW: because" in page and "it is <right> It is not answered" in page
    assert "really? Answer: No." in page
    listed = Page(class_page(replace(book, papers={"02_layers": (bob,)}))).text
    assert "Asked to be looked at again: Affine_backward: it is" in listed.replace(": a", ": A")
    assert "really" not in listed


def test_nothing_handed_in_is_said_once(book: ClassBook) -> None:
    gus = Page(student(book, "gus")).text
    assert gus.lower().count("nothing was handed in") == 1 and "Nothing was handed in: there" in gus


def test_a_notebook_of_another_assignment_needs_a_person(book: ClassBook) -> None:
    (dora,) = (p for p in book.papers["02_layers"] if p.result.student == "dora")
    said = "nothing that is asked for is in this notebook"
    lost = replace(dora, result=structs.replace(dora.result, message=said))
    page = Page(class_page(replace(book, papers={"02_layers": (lost,)}))).text
    assert f"Another notebook: {said}" in page
    own = Page(student_page("dora", {"02_layers": lost})).text
    assert said.capitalize() in own and "Graded:" not in own
