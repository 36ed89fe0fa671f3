"""The language that the kit speaks: English stands in the code, a catalogue holds another.

What was found is stored as data; only where it is shown do `tr` and `counted` look up the words.
A catalogue of the package lies in `locale/`; the words of a notebook ship in its public data.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

ENGLISH = "en"
VARIABLE = "AUTOGRADER_LANGUAGE"
LOCALE = Path(__file__).parent / "locale"
_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True)
class Words:
    """What stands for an English text in a language.

    Args:
        texts: English -> that language.
        plurals: English noun -> the forms of "{count} noun".
        form: Which of the forms a number takes.
    """

    language: str = ENGLISH
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = lambda count: int(count != 1)


_speaking: ContextVar[Words | None] = ContextVar("speaking", default=None)


def tr(text: str) -> str:
    """The text in the language that is spoken here; the text itself where nothing stands for it."""
    return _words().texts.get(text, text)


def counted(amount: int, noun: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "case"), counted(3, "case")
        ('1 case', '3 cases')
    """
    words = _words()
    one, *more = words.plurals.get(noun, (f"{{count}} {noun}", f"{{count}} {noun}s"))
    return [one, *more][min(words.form(amount), len(more))].format(count=amount)


def spoken() -> str:
    """The code of the language that is spoken here."""
    return _words().language


@cache
def languages() -> list[str]:
    """The languages that there are."""
    return [ENGLISH, *sorted(path.stem for path in LOCALE.glob("*.po"))]


def wished(notebook: str = "") -> str:
    """The language to speak: the one asked for, that of the notebook, or the system's.

    Args:
        notebook: The language of the notebook that it is about, where it is about one.
    """
    asked = [os.environ.get(VARIABLE, ""), notebook]
    asked += [os.environ.get(name, "") for name in _SYSTEM]
    for value in asked:
        if value:
            code = value.replace("-", "_").split(".")[0].split("_")[0].lower()
            return code if code in languages() else ENGLISH
    return ENGLISH


@contextmanager
def speaking(language: str, words: Mapping[str, str] | None = None) -> Iterator[None]:
    """Speak a language inside this.

    Args:
        words: Of a notebook, in addition to those of the package.
    """
    own = package_words(language)
    if words:
        own = Words(language, {**own.texts, **words}, own.plurals, own.form)
    token = _speaking.set(own)
    try:
        yield
    finally:
        _speaking.reset(token)


@cache
def package_words(language: str) -> Words:
    """What the package says, in a language.

    Raises:
        ValueError: When the catalogue cannot be read.
    """
    path = LOCALE / f"{language}.po"
    return read_words(path, language) if path.is_file() else Words()


def read_words(path: Path, language: str) -> Words:
    """The words of a catalogue; what is fuzzy or missing stays English."""
    from gettext import c2py

    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str):
            if message.string:
                texts[message.id] = str(message.string)
        elif all(message.string):
            plurals[message.id[0].removeprefix("{count} ")] = tuple(message.string)
    return Words(language, texts, plurals, c2py(catalogue.plural_expr))


def _words() -> Words:
    return _speaking.get() or package_words(wished())
