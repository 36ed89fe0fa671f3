"""What does not hold in a catalogue: coverage, shields, glossary."""

import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from babel.messages import Message

from autograder.course import Course
from autograder.course.shields import unshielded, without_shields
from autograder.translation.catalogue import Catalogue, open_catalogues, strings

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
