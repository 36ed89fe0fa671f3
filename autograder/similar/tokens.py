"""Code as what it does, whatever it is called: names, numbers and layout are taken away."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterator, Sequence

GRAM = 6
"""So many tokens in a row are one feature; fewer are alike by accident."""

# Read from left to right, once: no form of text takes long, and none need be right Python.
_TOKEN = re.compile(
    r"(?P<skip>[ \t\r\f]+|#[^\n]*|\\\n)"
    r"|(?P<text>[rbfuRBFU]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''))"
    r"|(?P<string>[rbfuRBFU]{0,2}(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'))"
    r"|(?P<number>\d[\w.]*(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*=?|//=?|[-+*/%@&|^=<>!:]=|->|.|\n)",
    re.DOTALL,
)
_KEPT = frozenset({*keyword.kwlist, *vars(builtins)})


def tokens(source: str) -> list[str]:
    """The tokens of a cell; comments, docstrings and empty lines are none.

    Example:
        >>> tokens("db = dout.sum(axis=0)  # the bias") == tokens("x=y.sum(axis = 1)")
        True
    """
    found: list[str] = []
    for match in _TOKEN.finditer(source):
        kind, text = match.lastgroup, match[0]
        if kind in ("skip", "text") or text.isspace():
            continue
        if kind == "name":
            known = text in _KEPT or (found and found[-1] == ".")
            found.append(text if known else "name")
        else:
            found.append({"number": "0", "string": "''"}.get(kind or "", text))
    return found


def grams(sources: Sequence[str]) -> Iterator[str]:
    """Every run of `GRAM` tokens in cells."""
    for source in sources:
        there = tokens(source)
        for start in range(len(there) - GRAM + 1):
            yield " ".join(there[start : start + GRAM])
