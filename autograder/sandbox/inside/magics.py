"""Turn what IPython accepts in a cell into plain Python; what its magics would do is left out.

The transformer is IPython's own, and some of its passes are quadratic. It runs where student code
runs, on the submission's own time and memory.
"""

from __future__ import annotations

import ast
import re
from typing import Any

try:
    # boot.py provides these two modules without the rest of IPython.
    from IPython.core.inputtransformer2 import TransformerManager
except ImportError:  # no IPython here, or one that has moved it: magics are then syntax errors
    _transform: Any = None
else:
    _transform = TransformerManager().transform_cell

_SPECIAL = re.compile(r"[%!?]|\A\s|^[,;/]|^>>> |^In \[", re.MULTILINE)
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
    if _transform is None or not _SPECIAL.search(source):
        return source
    try:
        return _TIME.sub(_timed, _transform(source))
    except MemoryError:
        raise
    except Exception:  # it trusts its text, and fails in many ways on what is no Python
        return source  # Python itself will say what is wrong


def _timed(match: re.Match[str]) -> str:
    return str(ast.literal_eval(match[1]))
