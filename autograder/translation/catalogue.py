"""Read, update and write the catalogues of a course: PO files, one for each notebook and language.

The package's own lies beside its code, `autograder/locale/<language>.po`, since it ships to
students; those of the notebooks lie in the course, `locale/<language>/<assignment>.po`, apart from
the sources: a word changed in a translation makes no grade and no public data out of date.
"""

import io
import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.core import Locale, UnknownLocaleError
from babel.messages import Catalog, Message
from babel.messages.pofile import PoFileError, denormalize, read_po, write_po

from autograder.course import Course
from autograder.course.prose import unshielded, without_shields
from autograder.course.translated import catalogue as place_of
from autograder.course.translated import course_languages
from autograder.errors import CourseError
from autograder.language import LOCALE
from autograder.translation.template import Entries, of_guide, of_notebook, of_package
from autograder.whole import write_whole

PACKAGE = "package"
SETTINGS = "language.toml"


@dataclass(frozen=True)
class Language:
    """What a course says of a language, in `locale/<language>/language.toml`."""

    code: str
    complete: tuple[str, ...] = ()  # the catalogues that must stay complete
    # English (a regular expression) -> what may stand for it
    glossary: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True)
class Catalogue:
    """The catalogue of a notebook, or of the package."""

    name: str  # the assignment, or "package"
    language: Language
    path: Path
    entries: Entries  # what is to translate now
    stored: Catalog  # what the file holds, before it is brought up to date

    def updated(self) -> Catalog:
        """The catalogue with the entries of now, in their order.

        A text that is new gets the translation of the one that it resembles most, marked fuzzy,
        with that text beside it; what nothing needs any more is kept until all is translated.
        """
        code = self.language.code
        fresh = Catalog(locale=code)
        for text, places in self.entries.items():
            fresh.add(text, auto_comments=places)
        merged = Catalog(locale=code)
        for message in [*self.stored, *self.stored.obsolete.values()]:
            if message.id and any(strings(message)) and message.id not in merged:
                _put(merged, message)
        before = {message.id: message.previous_id for message in merged if message.previous_id}
        merged.update(fresh, no_fuzzy_matching=False, keep_user_comments=True)
        for message in merged:
            message.previous_id = message.previous_id or before.get(message.id, [])
        if all(all(strings(m)) and not m.fuzzy for m in merged if m.id):
            merged.obsolete.clear()
        return merged

    def write(self) -> bool:
        """Bring the file up to date; return whether it changed."""
        text = _text(self.updated())
        if self.path.is_file() and self.path.read_text(encoding="utf-8") == text:
            return False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, text.encode())
        return True


def strings(message: Message) -> list[str]:
    """The translation of a text, or one for each of its forms; empty ones where there is none."""
    found = message.string
    return [found or ""] if found is None or isinstance(found, str) else list(found)


def open_catalogues(
    course: Course,
    languages: Iterable[str] = (),
    names: Iterable[str] = (),
    commands: Mapping[str, Iterable[str]] | None = None,
) -> Iterator[Catalogue]:
    """The catalogues of a course.

    Args:
        languages: Which; those of the course, where none is named.
        names: Assignments, pages such as "student-guide", and "package"; all notebooks, all pages
            that have a catalogue, and the package, where none is named.
        commands: What the command line says: where -> texts.

    Raises:
        CourseError: A catalogue cannot be read, or there is no such language or assignment.
    """
    package = of_package(commands)
    for code in list(languages) or course_languages(course.root):
        language = read_language(course.root, code)
        pages = english_pages(course.root)
        paths = {name: guide_catalogue(course.root, code, name) for name in pages}
        every = [PACKAGE, *course.sources, *(name for name in pages if paths[name].is_file())]
        for name in list(names) or every:
            if name == PACKAGE:
                path, entries = LOCALE / f"{code}.po", package
            elif name in pages:
                path, entries = paths[name], of_guide(pages[name], package)
            else:
                path = place_of(course.root, code, name)
                entries = of_notebook(course.assignment(name), package)
            yield Catalogue(name, language, path, entries, _read(path, code))


def english_pages(root: Path) -> dict[str, Path]:
    """The pages that a course may have in other languages: name -> file."""
    found = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    return {path.stem: path for path in found if path.is_file()}


def guide_catalogue(root: Path, language: str, page: str) -> Path:
    """Where the catalogue of a page lies."""
    return root / "locale" / language / "guides" / f"{page}.po"


def read_language(root: Path, code: str) -> Language:
    """What the course says of a language.

    Raises:
        CourseError: The code is none, or the file is not as expected.
    """
    try:
        Locale.parse(code)
    except (ValueError, UnknownLocaleError) as error:
        raise CourseError(f"{code!r} is no code of a language; expected one such as zh") from error
    path = root / "locale" / code / SETTINGS
    if not path.is_file():
        return Language(code)
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        glossary = {
            english: (words,) if isinstance(words, str) else tuple(words)
            for english, words in raw.get("glossary", {}).items()
        }
        return Language(code, tuple(raw.get("complete", ())), glossary)
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise CourseError(f"cannot read {path}: {error}") from error


def _read(path: Path, code: str) -> Catalog:
    if not path.is_file():
        return Catalog(locale=code)
    try:
        with path.open("rb") as file:
            return read_po(file, locale=code, abort_invalid=True)
    except (OSError, ValueError, PoFileError) as error:
        raise CourseError(f"cannot read {path}: {error}") from error


def _put(into: Catalog, message: Message) -> None:
    """Add a message as it was read; Babel takes `#| msgid`, the English before, for a comment."""
    before = [line.removeprefix("| ") for line in message.user_comments if line[:2] == "| "]
    english = denormalize(" ".join(before).removeprefix("msgid ")) if before else ""
    into[message.id] = Message(
        message.id,
        message.string,
        flags=message.flags - {"python-brace-format", "python-format"},
        user_comments=[line for line in message.user_comments if line[:2] != "| "],
        previous_id=[english] if english and message.fuzzy else [],
    )


def _text(catalogue: Catalog) -> str:
    """The file's text, which depends on nothing but what it holds."""
    locale = catalogue.locale
    name = locale.english_name if locale else ""
    head = (
        f"# {name}: bring up to date with `autograder translate`.\n"
        'msgid ""\nmsgstr ""\n'
        f'"Language: {locale}\\n"\n'
        '"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalogue.plural_forms}\\n"\n\n'
    )
    for message in catalogue:
        message.flags -= {"python-brace-format", "python-format"}
    body = io.BytesIO()
    write_po(body, catalogue, width=0, no_location=True, omit_header=True, include_previous=True)
    return head + body.getvalue().decode("utf-8").strip() + "\n"


COVERAGE = 0.98
"""The share of its texts that a complete catalogue must have."""


@dataclass(frozen=True)
class State:
    """How far a catalogue is, and what does not hold in it."""

    name: str
    language: str
    complete: bool
    total: int
    words: int  # English words to translate
    # missing, fuzzy, obsolete: texts without a translation, with one of an earlier text, and
    # translations of what is not said any more
    missing: tuple[str, ...]
    fuzzy: tuple[str, ...]
    obsolete: tuple[str, ...]
    faults: tuple[str, ...]  # translations that are wrong in form: text and reason

    @property
    def coverage(self) -> float:
        """The share of texts that are translated."""
        return 1 - (len(self.missing) + len(self.fuzzy)) / max(1, self.total)

    @property
    def problems(self) -> list[str]:
        """What must be mended."""
        lead = f"{self.language}/{self.name}"
        found = [f"{lead}: {fault}" for fault in self.faults]
        if self.complete and self.coverage < COVERAGE:
            first = [*self.missing, *self.fuzzy][0]
            found.append(
                f"{lead}: {self.coverage:.1%} of its texts are translated; a catalogue that is "
                f"complete must have {COVERAGE:.0%}. The first that is not: {first}"
            )
        return found

    @property
    def lines(self) -> list[str]:
        """What the command says."""
        done = self.total - len(self.missing) - len(self.fuzzy)
        held = ", held as complete" if self.complete else ""
        lines = [
            f"{self.language}/{self.name}: {done} of {self.total} texts ({self.coverage:.1%}), "
            f"{self.words:,} English words{held}"
        ]
        for kind in ("missing", "fuzzy", "obsolete", "faults"):
            lines += [f"  {kind}: {text}" for text in getattr(self, kind)]
        return lines


def states(catalogues: Iterable[Catalogue]) -> Iterator[State]:
    """The state of each catalogue, as it would be when it is brought up to date."""
    for catalogue in catalogues:
        updated = catalogue.updated()
        messages = [message for message in updated if message.id]
        faults = [
            f"{_short(message)}: {fault}"
            for message in messages
            if all(strings(message)) and not message.fuzzy
            for fault in _faults(message, catalogue.language.glossary or {})
        ]
        yield State(
            catalogue.name,
            catalogue.language.code,
            catalogue.name in catalogue.language.complete,
            len(messages),
            sum(len(_english(message).split()) for message in messages),
            tuple(_short(m) for m in messages if not all(strings(m)) and not m.fuzzy),
            tuple(_short(m) for m in messages if m.fuzzy),
            tuple(_short(m) for m in updated.obsolete.values()),
            tuple(faults),
        )


def problems(
    course: Course, only: Sequence[str] = (), commands: Mapping[str, Iterable[str]] | None = None
) -> list[str]:
    """What does not hold in the catalogues of a course; nothing where it has none.

    Args:
        only: The notebooks to look at; all, and the package, where none is named.
    """
    names = course.chosen(only) if only else ()
    found = states(open_catalogues(course, (), names, commands))
    return [problem for state in found for problem in state.problems]


def _faults(message: Message, glossary: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    english = _english(message)
    for text in strings(message):
        yield from unshielded(english, text)
        if "{" in english and not _formats(text) and _formats(english):
            yield "its braces do not match"
        if english.count("\n") != text.count("\n"):
            yield f"{english.count(chr(10))} line breaks are {text.count(chr(10))}"
        if not all(_emphasised(text)) and all(_emphasised(english)):
            yield "** with a sign inside and a letter outside is no emphasis: put a space between"
        for term, words in glossary.items():
            wanted = re.search(rf"\b(?:{term})\b", without_shields(english), re.IGNORECASE)
            if wanted and not any(word in text for word in words):
                yield f"“{wanted.group()}” is {' or '.join(words)} in the glossary"


def _emphasised(text: str) -> Iterator[bool]:
    """Whether Markdown takes each ** for what it is; with wide signs it often does not."""
    parts = re.split(r"(?<!\*)\*{1,2}(?!\*)", re.sub(r"`[^`]*`|\$[^$]*\$|\{[^{}]*\}", "x", text))
    for before, inside, after in zip(parts[::2], parts[1::2], parts[2::2], strict=False):
        yield not (inside[-1:] and not inside[-1:].isalnum() and after[:1].isalnum())
        yield not (inside[:1] and not inside[:1].isalnum() and before[-1:].isalnum())


def _formats(text: str) -> bool:
    try:
        list(string.Formatter().parse(text))
    except ValueError:
        return False
    return True


def _english(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[-1]


def _short(message: Message) -> str:
    text = " ".join(_english(message).split())
    where = f" ({message.auto_comments[0]})" if message.auto_comments else ""
    return (text if len(text) <= 90 else text[:87] + "...") + where
