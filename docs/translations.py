"""The pages in another language: `docs/<language>/`, from the English page and its catalogue.

A page (`README.md`, or one of `docs/`) is translated where there is a catalogue for it,
`locale/<language>/guides/<page>.po`. What is missing or fuzzy there stays English. Links lead to
the translated page where there is one, and to the section as it is called there.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

from autograder.course import Course, prose
from autograder.course.translated import course_languages
from autograder.language import package_words, read_words
from autograder.translation.catalogue import english_pages, guide_catalogue
from docs import syllabus

DOCS = "docs"
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:)(?P<path>[^()\s#]*)(?P<anchor>#[^()\s]*)?(?=\))")
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_FENCED = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)


def pages(course: Course) -> dict[str, str]:
    """Every translated page: its file -> its text."""
    root, made = course.root, {}
    for language in course_languages(root):
        texts, homes, sections = {}, {}, {}
        for name, page in english_pages(root).items():
            catalogue = guide_catalogue(root, language, name)
            if catalogue.is_file():
                english = page.read_text(encoding="utf-8")
                texts[page] = _translated(course, english, language, catalogue)
                homes[page] = root / DOCS / language / f"{name}.md"
                anchors = zip(_anchors(english), _anchors(texts[page]), strict=True)
                sections[page] = dict(anchors)
        for page, text in texts.items():
            name = homes[page].relative_to(root).as_posix()
            made[name] = _LINK.sub(_moved(page, homes, sections), text)
    return made


def there(course: Course) -> list[str]:
    """The translated pages that lie in the course."""
    return [
        path.relative_to(course.root).as_posix()
        for language in course_languages(course.root)
        for path in sorted((course.root / DOCS / language).glob("*.md"))
    ]


def _translated(course: Course, english: str, language: str, catalogue: Path) -> str:
    """A page in another language, its links as they were."""
    texts = {**package_words(language).texts, **read_words(catalogue, language).texts}
    other = prose.page(english, lambda text: texts.get(text, text))
    return syllabus.filled(course, other, language)


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
