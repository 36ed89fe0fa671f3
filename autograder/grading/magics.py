"""Turn what IPython accepts in a cell into plain Python; what its magics would do is left out.

The transformer is IPython's own. It is pure Python and some of its passes are quadratic, so text
that would keep it busy is handed on as it is; then the cell fails with a SyntaxError of its own.
"""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

MAX_LINE = 2_000
MAX_WORK = 2_000_000
"""Lines with magics times characters of the cell; ordinary cells stay below a hundredth of it."""

_SPECIAL = re.compile(r"[%!?]|\A\s|^[,;/]|^>>> |^In \[", re.MULTILINE)
_MAGIC_LINE = re.compile(r"^\s*[%!?,;/]|[=(]\s*[%!]|\?\s*$")
_LITERAL = r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\""""
_TIME = re.compile(rf"get_ipython\(\)\.run_line_magic\('time', ({_LITERAL})\)")


def plain_python(source: str) -> str:
    """The Python text of a cell.

    Args:
        source: Ordinary Python passes unchanged; magics and shell lines become calls of
            `get_ipython()`. `%time statement` becomes the statement.

    Example:
        >>> print(plain_python("%matplotlib inline"))
        get_ipython().run_line_magic('matplotlib', 'inline')
        >>> print(plain_python("%time x = f()"))
        x = f()
    """
    if not _SPECIAL.search(source) or not _is_harmless(source):
        return source
    try:
        text: str = _transformer().transform_cell(source)
        return _TIME.sub(_timed, text)
    except Exception:  # it trusts its text, and fails in many ways on what is no Python
        return source  # Python itself will say what is wrong


def _is_harmless(source: str) -> bool:
    """Whether the transformer is done with it soon."""
    lines = source.split("\n")
    magics = [line for line in lines if _MAGIC_LINE.search(line[: MAX_LINE + 1])]
    if any(len(line) > MAX_LINE for line in lines):
        return False
    return (1 + len(magics)) * len(source) <= MAX_WORK


def _timed(match: re.Match[str]) -> str:
    statement = ast.literal_eval(match[1])
    return str(statement)


@functools.cache
def _transformer() -> Any:
    from IPython.core.inputtransformer2 import TransformerManager  # loads much of IPython

    return TransformerManager()
