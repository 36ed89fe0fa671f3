"""Students' Markdown, so that it cannot do anything in the page of whoever reads it.

nbgrader's pages render Markdown with raw HTML and links of every kind, so that a script in a
student's cell would run with the rights of the grader who looks at it.
"""

from __future__ import annotations

import re
from html import escape

_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY = re.compile(r"&(?=[A-Za-z#])")
_SCHEME = re.compile(r"(script|data)([\s\\]*):", re.IGNORECASE)


def harmless_markdown(source: str) -> str:
    r"""Break HTML tags, entities and links that run code; mathematics and code stay readable.

    A space after `<` or `&` changes nothing that a person reads, and no browser takes it for HTML.

    Example:
        >>> harmless_markdown("$a<b$, *so* <script>alert(1)</script>")
        '$a< b$, *so* < script>alert(1)< /script>'
        >>> harmless_markdown("[x](javascript:alert(1))")
        '[x](javascript :alert(1))'
    """
    text = _ENTITY.sub("& ", _TAG.sub("< ", source))
    return _SCHEME.sub(r"\1\2 :", text)


def harmless_line(text: str) -> str:
    r"""One line of text as it is, for a banner in HTML.

    Example:
        >>> harmless_line("<b>\nx")
        '&lt;b&gt; x'
    """
    return escape(" ".join(text.split()), quote=True)
