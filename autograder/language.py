"""The language that the kit speaks: English stands in the code, a catalogue holds another.

What was found is stored as data; only where it is shown do `tr` and `counted` look up the words.
A catalogue of the package lies in `locale/`; the words of a notebook ship in its public data.
"""

import json
import os
import re
import textwrap
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

ENGLISH = "en"
VARIABLE = "AUTOGRADER_LANGUAGE"
LOCALE = Path(__file__).parent / "locale"
_NOT_AT_THE_START = frozenset("，。、；：？！）】》”’…")
_NOT_AT_THE_END = frozenset("（【《“‘")
GAP = re.compile(r"\{[^{}]*\}")
_SYSTEM = ("LC_ALL", "LC_MESSAGES", "LANG")


@dataclass(frozen=True)
class Words:
    """What stands for an English text in a language."""

    language: str = ENGLISH
    texts: Mapping[str, str] = field(default_factory=dict)  # English -> that language
    # English noun -> the forms of "{count} noun"
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    form: Callable[[int], int] = lambda count: 0  # which of the forms a number takes


_speaking: ContextVar[Words | None] = ContextVar("speaking", default=None)
_here: list[Words] = []
"""What the notebook that runs in this process speaks."""


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
    forms = words.plurals.get(noun)
    if forms is None:
        return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"
    return forms[min(words.form(amount), len(forms) - 1)].format(count=amount)


def said(text: str) -> str:
    """A finished text in the language that is spoken here, by the template that it was made of.

    For what is written where no language is known yet, such as errors, and for what Typer says.
    """
    texts = _words().texts
    if text in texts or spoken() == ENGLISH:
        return texts.get(text, text)
    for template, pattern in _templates(spoken()):
        if found := pattern.fullmatch(text):
            parts = GAP.split(texts[template])
            gaps = {gap: said(part) for gap, part in zip(GAP.findall(template), found.groups())}
            filled = [gaps.get(gap, gap) for gap in GAP.findall(texts[template])]
            return "".join(a + b for a, b in zip(parts, [*filled, ""]))
    return text


@cache
def _templates(language: str) -> list[tuple[str, re.Pattern[str]]]:
    """The templates of the package that say something, those that are sure before the others."""
    found = {text: GAP.split(text) for text in package_words(language).texts if GAP.search(text)}
    sure = sorted(found, key=lambda text: (not found[text][0], -sum(map(len, found[text]))))
    return [
        (text, re.compile("(.*?)".join(map(re.escape, found[text])), re.DOTALL))
        for text in sure
        if len(re.findall("[A-Za-z]", "".join(found[text]))) >= (2 if found[text][0] else 6)
    ]


class Told:
    """A sentence with gaps, looked up when it is shown: an error or a report knows no language.

    Example:
        >>> str(Told("{count} of {of}", count=2, of=Counted(3, "case")))
        '2 of 3 cases'
    """

    def __init__(self, text: str, **gaps: Any) -> None:
        self.text, self.gaps = text, gaps

    def __str__(self) -> str:
        return tr(self.text).format_map(self.gaps)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]


class Counted(NamedTuple):
    """A number with its noun, looked up when it is shown."""

    amount: int
    noun: str

    def __str__(self) -> str:
        return counted(*self)


def english(text: str) -> str:
    """What a text is in English, where it is one of those that `tr` gives here."""
    return next((one for one, other in _words().texts.items() if other == text), text)


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
    token = _speaking.set(_with(language, words or {}))
    try:
        yield
    finally:
        _speaking.reset(token)


def speak(notebook: str, words: Mapping[str, str]) -> None:
    """Speak the language of a notebook in this process, unless another one is asked for.

    Args:
        notebook: Its language.
        words: Its own words.
    """
    language = wished(notebook)
    _here[:] = [_with(language, words if language == notebook else {})]


def _with(language: str, words: Mapping[str, str]) -> Words:
    own = package_words(language)
    return Words(language, {**own.texts, **words}, own.plurals, own.form) if words else own


@cache
def package_words(language: str) -> Words:
    """What the package says, in a language; English where Babel is missing, as in a browser.

    Raises:
        ValueError: When the catalogue cannot be read.
    """
    path = LOCALE / f"{language}.po"
    readable = path.is_file() and find_spec("babel") is not None
    return read_words(path, language) if readable else Words()


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
        one = message.id if isinstance(message.id, str) else message.id[0]
        if isinstance(message.string, str):
            if message.string:
                texts[one] = message.string
        elif message.string and all(message.string):
            plurals[one.removeprefix("{count} ")] = tuple(message.string)
    return Words(language, texts, plurals, c2py(catalogue.plural_expr))


def _words() -> Words:
    if not _here and _speaking.get() is None:
        _here.append(_beside() or package_words(wished()))
    return _speaking.get() or _here[0]


def _beside() -> Words | None:
    """The words of the notebook in the working directory: pictures speak before any check does."""
    for path in sorted(Path.cwd().glob("*.check.json")):
        with suppress(OSError, ValueError, AttributeError, TypeError):
            data = json.loads(path.read_text(encoding="utf-8"))
            notebook = data.get("language") or ENGLISH
            language = wished(notebook)
            return _with(language, dict(data.get("words", {})) if language == notebook else {})
    return None


def tight(text: str) -> str:
    """The text without spaces between two wide characters, where it was put together.

    Example:
        >>> tight("大数值 和 另外 2 个"), tight("dx 和 dw")
        ('大数值和另外 2 个', 'dx 和 dw')
    """
    return "".join(
        c
        for before, c, after in zip(" " + text, text, text[1:] + " ", strict=False)
        if c != " " or "N" in (_width(before), _width(after))
    )


def wrapped(text: str, first: str, rest: str, width: int) -> list[str]:
    """Lines of so many columns; between two wide characters a line may break, too.

    Example:
        >>> wrapped("上游梯度 dout，与 x 同形。", "# ", "# ", width=14)
        ['# 上游梯度', '# dout，与 x', '# 同形。']
    """
    if columns(text) == len(text):
        return textwrap.wrap(
            text,
            width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [""]
    lines, line = [], first
    for part in _unbroken(text):
        glue = part if line.strip() and line != rest and line != first else part.lstrip()
        if columns(line + glue.rstrip()) > width and line not in (first, rest):
            lines.append(line.rstrip())
            line, glue = rest, part.lstrip()
        line += glue
    return [*lines, line.rstrip()]


def _unbroken(text: str) -> list[str]:
    """The pieces of a text within which a line must not break."""
    parts, start = [], 0
    for at, (one, other) in enumerate(pairwise(text), start=1):
        wide = "W" in (_width(one), _width(other))
        held = other in _NOT_AT_THE_START or one in _NOT_AT_THE_END
        if (other == " " or (wide and one != " ")) and not held:
            parts.append(text[start:at])
            start = at
    return [*parts, text[start:]]


def columns(text: str) -> int:
    """How many columns of a terminal the text takes."""
    marks = sum(bool(unicodedata.combining(c)) for c in text)
    return len(text) + sum(_width(c) == "W" for c in text) - marks


def _width(character: str) -> str:
    return "W" if unicodedata.east_asian_width(character) in "WF" else "N"
