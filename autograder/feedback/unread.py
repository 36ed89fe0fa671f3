"""Whether the cell of a function was last run in vain: Python could not read it.

Then the function is still the one before, and a verdict on it would puzzle.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings


def unread(name: str) -> list[str]:
    """What to say of the last cell that defines `name`, if it has a syntax error.

    Returns:
        A sentence, or nothing: also outside of a notebook, whose cells nobody keeps.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return []
    cells = shell.user_ns.get("In")
    defines = re.compile(rf"^(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", re.MULTILINE)
    for cell in reversed(cells if isinstance(cells, list) else []):
        if isinstance(cell, str) and defines.search(cell):
            try:
                with warnings.catch_warnings(action="ignore"):
                    source = shell.transform_cell(cell)
                    compile(source, "<cell>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            except SyntaxError as error:
                return [
                    f"Python could not read the cell of {name} when it ran last ({error.msg}, "
                    f"line {error.lineno} of the cell), so it is the version before that is "
                    "checked here. Mend the cell and run it."
                ]
            return []
    return []
