"""Findings as a person reads them: `check` in a notebook, text, HTML and Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autograder.feedback.html import render_html, render_html_table
from autograder.feedback.markdown import render_markdown
from autograder.feedback.problems import Coverage
from autograder.feedback.story import recorded
from autograder.feedback.text import render_table, render_text

if TYPE_CHECKING:
    from autograder.feedback.checking import Score, check, hand_in, progress, solution

__all__ = [
    "Coverage",
    "Score",
    "check",
    "hand_in",
    "progress",
    "solution",
    "recorded",
    "render_html",
    "render_html_table",
    "render_markdown",
    "render_table",
    "render_text",
]


def __getattr__(name: str) -> Any:
    """Whoever only renders findings does not load the engine that makes them."""
    if name in ("Score", "check", "hand_in", "progress", "solution"):
        from autograder.feedback import checking

        return getattr(checking, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
