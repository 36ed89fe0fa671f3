"""A course kit on backpropagation by hand, and the checker that goes with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.feedback import check, hand_in, progress, solution
    from autograder.feedback.gradcheck import gradcheck

if sys.version_info < (3, 11):  # noqa: UP036 (pip refuses it, a path to the sources does not)
    raise SystemExit(
        f"backprop-by-hand needs Python 3.11 or newer; this is {sys.version.split()[0]} "
        f"({sys.executable}). Make the environment with a newer one: python3.12 -m venv .venv"
    )

__version__ = "0.1.0"
__all__ = ["__version__", "check", "gradcheck", "hand_in", "progress", "solution"]


def __getattr__(name: str) -> Any:
    """Load what a notebook uses when it is used: other parts of the kit need none of it."""
    if name in ("check", "hand_in", "progress", "solution"):
        from autograder import feedback

        return getattr(feedback, name)
    if name == "gradcheck":
        from autograder.feedback import gradcheck

        return gradcheck.gradcheck
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
