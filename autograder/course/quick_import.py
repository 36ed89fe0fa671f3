"""Import nbformat and jupytext without what makes them slow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SLOW = (
    *("rfc3987_syntax", "rfc3986_validator", "isoduration"),
    *("jupytext.sync_contentsmanager", "jupytext.async_contentsmanager"),
)


@contextmanager
def quick_import() -> Iterator[None]:
    """Let `jsonschema` and `jupytext` do without optional parts of theirs.

    Building the grammars of web addresses and of spans of time takes longer than all else that a
    course load does, and no schema of notebooks asks for such; jupytext's file managers bring
    Jupyter's server with them. Whoever imports these modules themselves later on gets them.
    """
    absent = [name for name in SLOW if name not in sys.modules]
    for name in absent:
        sys.modules[name] = None  # type: ignore[assignment]  # makes importing it fail at once
    try:
        yield
    finally:
        for name in absent:
            if sys.modules.get(name, name) is None:
                del sys.modules[name]
