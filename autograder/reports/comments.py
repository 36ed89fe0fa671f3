"""What a person wrote below an answer, in Markdown, as HTML that can do nothing."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from autograder.feedback.text import plain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

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
    import bleach  # most pages have no comment

    made = _markdown().render(plain(text))
    clean = bleach.clean(
        made, tags=_TAGS, attributes={"a": ["href"]}, protocols=_SCHEMES, strip=True
    )
    return Markup(clean.strip())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Headings would stand in the outline of the page, pictures would need a network.
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return made.enable(["table", "strikethrough"]).disable(["heading", "lheading", "image", "hr"])
