"""The guides in another language: `docs/<language>/`, from the English page and its catalogue.

A page (`README.md`, or one of `docs/`) is translated where there is a catalogue for it,
`locale/<language>/guides/<page>.po`. What is missing or fuzzy there stays English. Links lead to
the translated page where there is one, and to the section as it is called there. The places of the
syllabus are no text: what the course says there stands in the catalogues of the notebooks.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from autograder.course import prose
from autograder.course.drift import MEND
from autograder.course.folder import LOCALE, Course
from autograder.course.syllabus import filled_in, parts
from autograder.course.translated import course_languages
from autograder.language import package_words, read_words
from autograder.whole import write_changed

DOCS = "docs"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:)(?P<path>[^()\s#]*)(?P<anchor>#[^()\s]*)?(?=\))")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)


def english_pages(root: Path) -> dict[str, Path]:
    """The pages that a course may have in other languages: name -> file."""
    found = [root / "README.md", *sorted((root / DOCS).glob("*.md"))]
    return {path.stem: path for path in found if path.is_file()}


def guide_catalogue(root: Path, language: str, page: str) -> Path:
    """Where the catalogue of a page lies."""
    return root / LOCALE / language / "guides" / f"{page}.po"


def guide_pages(root: Path, language: str) -> list[str]:
    """The pages that have a catalogue in a language."""
    return [page for page in english_pages(root) if guide_catalogue(root, language, page).is_file()]


def guide_texts(path: Path) -> list[str]:
    """What is to translate in a page, in its order."""
    found: list[str] = []

    def keep(text: str) -> str:
        found.append(text)
        return text

    for by_hand in parts(path.read_text(encoding="utf-8"))[::2]:
        prose.page(by_hand, keep)
    return found


def write_guides(course: Course) -> tuple[str, ...]:
    """Bring `docs/<language>/` up to date; return what was written, from the course's folder.

    Raises:
        OSError: A page cannot be written.
    """
    made = _made(course)
    return tuple(name for name, text in made if write_changed(course.root / name, text.encode()))


def guides_drift(course: Course) -> list[str]:
    """Where `docs/<language>/` is not what the English pages and the catalogues make."""
    found, made = [], dict(_made(course))
    for name, text in made.items():
        page = course.root / name
        if not page.is_file():
            found.append(f"{name} is missing; {MEND}")
        elif page.read_text(encoding="utf-8") != text:
            found.append(f"{name} is out of date; {MEND}")
    for language in course_languages(course.root):
        for path in sorted((course.root / DOCS / language).glob("*.md")):
            name = path.relative_to(course.root).as_posix()
            if name not in made:
                found.append(f"{name} is stale: no catalogue makes it; delete it")
    return found


def _made(course: Course) -> Iterator[tuple[str, str]]:
    """Every translated page: where it belongs, and its text."""
    root = course.root
    pages = english_pages(root)
    for language in course_languages(root):
        names = guide_pages(root, language)
        texts = {page: _translated(course, language, page) for page in names}
        sections = {
            pages[page]: dict(zip(_anchors(english), _anchors(other), strict=True))
            for page, (english, other) in texts.items()
        }
        homes = {pages[page]: root / DOCS / language / f"{page}.md" for page in names}
        for page, (_, other) in texts.items():
            moved = _moved(pages[page], homes, sections)
            yield homes[pages[page]].relative_to(root).as_posix(), _LINK.sub(moved, other)


def _translated(course: Course, language: str, page: str) -> tuple[str, str]:
    """A page in English and in another language, its links as they were."""
    english = english_pages(course.root)[page].read_text(encoding="utf-8")
    words = read_words(guide_catalogue(course.root, language, page), language).texts
    texts = {**package_words(language).texts, **words}
    other = parts(english)
    other[::2] = [prose.page(part, lambda text: texts.get(text, text)) for part in other[::2]]
    other[1::2] = [filled_in(course, part, language) for part in other[1::2]]
    return english, "".join(other)


def _moved(
    page: Path, homes: Mapping[Path, Path], sections: Mapping[Path, Mapping[str, str]]
) -> Callable[[re.Match[str]], str]:
    """How the links of a page read from where its translation lies; that to itself leads back."""

    def moved(link: re.Match[str]) -> str:
        path, anchor = link["path"], link["anchor"] or ""
        target = Path(os.path.normpath(page.parent / path)) if path else page
        anchor = sections.get(target, {}).get(anchor, anchor)
        if not path:
            return anchor
        there = page if target == homes[page] else homes.get(target, target)
        away = os.path.relpath(there, homes[page].parent).replace(os.sep, posixpath.sep)
        return away + ("/" if path.endswith("/") else "") + anchor

    return moved


def _anchors(text: str) -> list[str]:
    """The anchor of every heading, as the platforms that show Markdown make them."""
    found: list[str] = []
    for title in _HEADING.findall(_FENCED.sub("", text)):
        bare = re.sub(r"[^\w\- ]", "", re.sub(r"\]\([^)]*\)", "]", title).lower().strip())
        found.append(f"#{bare.replace(' ', '-')}")
    return found
