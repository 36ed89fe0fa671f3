"""What a translation must leave as it is: code, mathematics, links, gaps, numbers, names."""

import re
from collections.abc import Iterator

_SHIELDS = {
    "code": r"(?P<code>``[^`]+``|`[^`\n]+`)",
    "mathematics": r"(?P<mathematics>\$\$.+?\$\$|(?<!\\)\$[^$\n]+?(?<!\\)\$)",
    "link": r"(?P<link>(?<=\])\([^()\s]+\)|https?://[^\s<>)\]]+)",
    "gap": r"(?P<gap>\{[^{}\n]*\})",
    "tag": r"(?P<tag></?[a-zA-Z][^<>]*>)",
    "name": r"(?P<name>\b\w*[A-Za-z0-9]_\w+|\b[A-Za-z]*[a-z][A-Z]\w*)",
    "number": r"(?P<number>(?<![\w.])\d[\d,.]*\d|(?<![\w.])\d(?!\w))",
}
_ANY = re.compile("|".join(_SHIELDS.values()), re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_OPTIONAL = frozenset({"{article}", "{s}"})
"""Gaps that only English needs."""


def shielded(text: str) -> Iterator[tuple[str, str]]:
    """What is shielded in a text: its kind, and itself.

    Example:
        >>> list(shielded("Sum `dout` over $N$ in {cell}; 3 of 4."))[:3]
        [('code', '`dout`'), ('mathematics', '$N$'), ('gap', '{cell}')]
    """
    for found in _ANY.finditer(text):
        yield str(found.lastgroup), " ".join(found.group().split())


def has_words(text: str) -> bool:
    """Whether anything is left to translate.

    Example:
        >>> has_words("$x$: `dout`"), has_words("$x$ is small")
        (False, True)
    """
    return bool(_WORD.search(without_shields(text)))


def unshielded(original: str, translation: str) -> list[str]:
    """What stands in one of the two and not in the other.

    Example:
        >>> unshielded("`dw` has {got} rows, in $N$", "`dx` 有 {got} 行，$N$")
        ['code `dw` is lost', 'code `dx` is new']
    """
    before, after = dict.fromkeys(shielded(original)), dict.fromkeys(shielded(translation))
    lost = [f"{kind} {text} is lost" for kind, text in before if (kind, text) not in after
            and text not in _OPTIONAL
            and not (kind == "name" and text.removesuffix("s") in translation)]  # fmt: skip
    new = [f"{kind} {text} is new" for kind, text in after if (kind, text) not in before
           and not (kind == "name" and text in original)]  # fmt: skip
    rows = original.lstrip().startswith("|")
    if rows and _bars(original) != _bars(translation):
        lost.append(f"{_bars(original)} bars of a table are {_bars(translation)}")
    return lost + new


def _bars(row: str) -> int:
    return without_shields(row).count("|")


def without_shields(text: str) -> str:
    """What is left for a translator.

    Example:
        >>> without_shields("sum `dout` over $N$").split()
        ['sum', 'over']
    """
    return _ANY.sub(" ", text)
