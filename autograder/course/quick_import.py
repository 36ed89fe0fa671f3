"""Import nbformat and jupytext without what makes them slow."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

SLOW = "rfc3987_syntax"


@contextmanager
def quick_import() -> Iterator[None]:
    """Let `jsonschema` do without its optional grammar of internationalised web addresses.

    Building that grammar takes longer than all else that a course load does, and no schema of
    notebooks asks for such addresses. Whoever imports the grammar itself later on gets it.
    """
    absent = SLOW not in sys.modules
    if absent:
        sys.modules[SLOW] = None  # type: ignore[assignment]  # makes importing it fail at once
    try:
        yield
    finally:
        if absent and sys.modules.get(SLOW, SLOW) is None:
            del sys.modules[SLOW]
