"""Findings as a person reads them: `check` in a notebook, text, HTML and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.feedback.blocks import as_html, as_text
from autograder.feedback.markdown import render_markdown
from autograder.feedback.story import Coverage, card, recorded, table

if TYPE_CHECKING:
    from autograder.feedback.checking import Score, check
    from autograder.feedback.pages import hand_in, progress, solution

__all__ = [
    "Coverage",
    "Score",
    "as_html",
    "as_text",
    "card",
    "check",
    "hand_in",
    "progress",
    "recorded",
    "render_markdown",
    "solution",
    "table",
]


def __getattr__(name: str) -> Any:
    """Whoever only renders findings does not load the engine that makes them."""
    if name in ("Score", "check"):
        from autograder.feedback import checking

        return getattr(checking, name)
    if name in ("hand_in", "progress", "solution"):
        from autograder.feedback import pages

        return getattr(pages, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
