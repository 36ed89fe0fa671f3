"""What a person wrote below an answer, in Markdown, as HTML that can do nothing."""

from __future__ import annotations

from functools import cache

import bleach
from markdown_it import MarkdownIt
from markupsafe import Markup

from autograder.feedback.text import plain

_TAGS = frozenset({
    "p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a",
    "table", "thead", "tbody", "tr", "th", "td",
})  # fmt: skip
_SCHEMES = frozenset({"https", "mailto"})


def comment(text: str) -> Markup:
    """The comment as HTML: no markup of its own, no pictures, links only to https and mail.

    Example:
        >>> print(comment("See *this*: <script>"))
        <p>See <em>this</em>: &lt;script&gt;</p>
    """
    made = _markdown().render(plain(text))
    clean = bleach.clean(
        made, tags=_TAGS, attributes={"a": ["href"]}, protocols=_SCHEMES, strip=True
    )
    return Markup(clean.strip())


@cache
def _markdown() -> MarkdownIt:
    # Headings would stand in the outline of the page, pictures would need a network.
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return made.enable(["table", "strikethrough"]).disable(["heading", "lheading", "image", "hr"])
