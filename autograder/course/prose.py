"""Where prose stands in a cell: paragraphs of Markdown, docstrings, comments, texts that are shown.

One walk serves both directions. It calls `change` with each piece, in which line breaks mean
nothing, and puts what it gives in the piece's place. A piece that is given back as it was keeps its
very lines; so a walk that changes nothing gives the very cell.
"""

import ast
import io
import re
import tokenize
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from autograder.course.cells import regions
from autograder.language import wrapped

_SHIELDS = {
    "code": r"(?P<code>``[^`]+``|`[^`\n]+`)",
    "mathematics": r"(?P<mathematics>\$\$.+?\$\$|(?<!\\)\$[^$\n]+?(?<!\\)\$)",
    "link": r"(?P<link>(?<=\])\([^()\s]+\)|https?://[^\s<>)\]]+)",
    "gap": r"(?P<gap>\{[^{}\n]*\})",
    "tag": r"(?P<tag></?[a-zA-Z][^<>]*>)",
    "name": r"(?P<name>\b\w*[A-Za-z0-9]_\w+|\b[A-Za-z]*[a-z][A-Z]\w*)",
    "number": r"(?P<number>(?<![\w.])\d[\d,.]*\d|(?<![\w.])\d(?!\w))",
}
_ANY = re.compile("|".join(_SHIELDS.values()), re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{2,}")
_OPTIONAL = frozenset({"{article}", "{s}"})
"""Gaps that only English needs."""


def shielded(text: str) -> Iterator[tuple[str, str]]:
    """What is shielded in a text: its kind, and itself.

    Example:
        >>> list(shielded("Sum `dout` over $N$ in {cell}; 3 of 4."))[:3]
        [('code', '`dout`'), ('mathematics', '$N$'), ('gap', '{cell}')]
    """
    for found in _ANY.finditer(text):
        yield str(found.lastgroup), " ".join(found.group().split())


def has_words(text: str) -> bool:
    """Whether anything is left to translate.

    Example:
        >>> has_words("$x$: `dout`"), has_words("$x$ is small")
        (False, True)
    """
    return bool(_WORD.search(without_shields(text)))


def unshielded(original: str, translation: str) -> list[str]:
    """What stands in one of the two and not in the other.

    Example:
        >>> unshielded("`dw` has {got} rows, in $N$", "`dx` 有 {got} 行，$N$")
        ['code `dw` is lost', 'code `dx` is new']
    """
    before, after = dict.fromkeys(shielded(original)), dict.fromkeys(shielded(translation))
    lost = [f"{kind} {text} is lost" for kind, text in before if (kind, text) not in after
            and text not in _OPTIONAL
            and not (kind == "name" and text.removesuffix("s") in translation)]  # fmt: skip
    new = [f"{kind} {text} is new" for kind, text in after if (kind, text) not in before
           and not (kind == "name" and text in original)]  # fmt: skip
    rows = original.lstrip().startswith("|")
    if rows and _bars(original) != _bars(translation):
        lost.append(f"{_bars(original)} bars of a table are {_bars(translation)}")
    return lost + new


def _bars(row: str) -> int:
    return without_shields(row).count("|")


def without_shields(text: str) -> str:
    """What is left for a translator.

    Example:
        >>> without_shields("sum `dout` over $N$").split()
        ['sum', 'over']
    """
    return _ANY.sub(" ", text)


Change = Callable[[str], str]

WIDTH = 96
"""Columns that a line of a docstring or of a comment may take."""
_FENCE = re.compile(r"^\s*(```+|~~~+)\s*(\w*)")
_HEADING = re.compile(r"^(#{1,6}\s+)(.*)$")
_ITEM = re.compile(r"^(\s*(?:[-*+]|\d+\.)\s+)(.*)$")
_QUOTE = re.compile(r"^(\s*> ?)(.*)$")
_BEFORE_COMMENT = re.compile(r"^([^#]*#\s+)(.*)$")
_ENTRY = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*: )(\S.*)$")
_WITH_DOCSTRING = (ast.FunctionDef, ast.ClassDef, ast.Module)
MADE = re.compile(
    r"(?P<begin><!-- from the course: (?P<what>\S+) -->\n)(?P<text>.*?)(?P<end><!-- end -->)",
    re.DOTALL,
)
"""A place of a page that is made from the course."""
_SHOWING = frozenset({"title", "label", "xlabel", "ylabel", "what"})


def markdown(source: str, change: Change) -> str:
    """Walk through a markdown cell; what lies in a solution's region is left alone."""
    lines = source.split("\n")
    result: list[str] = []
    after = 0
    for begin, end in regions(source):
        result += [*_markdown(lines[after:begin], change), *lines[begin : end + 1]]
        after = end + 1
    return "\n".join([*result, *_markdown(lines[after:], change)])


def page(source: str, change: Change) -> str:
    """Walk through a page of Markdown, where a solution's markers are words like others.

    What is made from the course is left alone.
    """
    changed, after = "", 0
    for made in MADE.finditer(source):
        changed += _page(source[after : made.start()], change) + made[0]
        after = made.end()
    return changed + _page(source[after:], change)


def _page(source: str, change: Change) -> str:
    return "\n".join(_markdown(source.split("\n"), change))


def code(source: str, change: Change, shown: Change | None = None) -> str:
    """Walk through the docstrings and comments of a code cell, outside of solutions' regions.

    Args:
        shown: Walk through what it shows, too: titles, labels, what it prints.
    """
    closed = {line for begin, end in regions(source) for line in range(begin, end + 1)}
    spans = [*_docstrings(source, closed, change), *_comments(source, closed, change)]
    if shown is not None:
        spans += _texts(source, shown)
    changed = source
    for span in sorted(spans, key=lambda s: s.begin, reverse=True):
        if source[span.begin : span.end] != span.text:
            changed = changed[: span.begin] + span.text + changed[span.end :]
    return changed


def _markdown(lines: list[str], change: Change) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        fence = _FENCE.match(line)
        if fence:
            end = _until(lines, at + 1, re.compile(rf"\s*{fence[1]}").match)
            yield line
            yield from _fenced(lines[at + 1 : end], fence[2], change)
            yield from lines[end : end + 1]
            at = end + 1
        elif line.strip().startswith("$$"):
            end = at if line.strip().count("$$") > 1 else _until(lines, at + 1, lambda x: "$$" in x)
            yield from lines[at : end + 1]
            at = end + 1
        elif _QUOTE.match(line):
            end = _until(lines, at, lambda x: not _QUOTE.match(x))
            parts = [_QUOTE.match(x) for x in lines[at:end]]
            inside = _markdown([part[2] for part in parts if part], change)
            yield from ((f"> {x}".rstrip() if x else ">") for x in inside)
            at = end
        elif (heading := _HEADING.match(line)) is not None:
            yield heading[1] + _piece(heading[2], change)
            at += 1
        elif line.lstrip().startswith("|"):
            yield _piece(line, change)
            at += 1
        elif (item := _ITEM.match(line)) is not None:
            end = _until(lines, at + 1, _begins_a_block)
            yield from _joined(lines[at:end], item[1], item[2], change)
            at = end
        elif line.strip():
            end = _until(lines, at + 1, _begins_a_block)
            yield from _joined(lines[at:end], "", line, change)
            at = end
        else:
            yield line
            at += 1


def _begins_a_block(line: str) -> bool:
    item = _ITEM.match(line)
    if item and item[1].strip().rstrip(".").isdigit():  # a year at the start of a line is none
        return int(item[1].strip().rstrip(".")) < 100
    return bool(
        not line.strip()
        or item
        or _HEADING.match(line)
        or _FENCE.match(line)
        or line.strip().startswith(("$$", "|", "> "))
    )


def _fenced(lines: list[str], kind: str, change: Change) -> Iterator[str]:
    """What is set as it stands: a text is one piece; of code, its comments are."""
    if kind == "text":
        yield from change("\n".join(lines)).split("\n")
        return
    for line in lines:
        comment = _BEFORE_COMMENT.match(line)
        yield comment[1] + _piece(comment[2], change) if comment else line


def _joined(lines: list[str], lead: str, first: str, change: Change) -> list[str]:
    """Several lines that make one piece; they are given back where it is not changed."""
    text = " ".join([first.strip(), *(line.strip() for line in lines[1:])])
    changed = _piece(text, change)
    return lines if changed == text else [lead + changed]


def _piece(text: str, change: Change) -> str:
    return change(text) if has_words(text) else text


def _until(lines: list[str], start: int, stop: Callable[[str], object]) -> int:
    return next((at for at in range(start, len(lines)) if stop(lines[at])), len(lines))


@dataclass(frozen=True)
class _Span:
    """A piece of a code cell, from one character to another, and what comes in its place."""

    begin: int
    end: int
    text: str


def _docstrings(source: str, closed: Collection[int], change: Change) -> Iterator[_Span]:
    starts = _starts(source)
    nodes = [n for n in ast.walk(ast.parse(source)) if isinstance(n, _WITH_DOCSTRING) and n.body]
    for first in sorted((node.body[0] for node in nodes), key=lambda n: n.lineno):
        if first.lineno - 1 in closed or not isinstance(first, ast.Expr):
            continue
        if isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            begin, end = _place(first.value, source, starts)
            yield _Span(begin, end, "\n".join(_docstring(source[begin:end].split("\n"), change)))


def _docstring(lines: list[str], change: Change) -> Iterator[str]:
    """Walk through a docstring with its quotes: paragraphs, titles of sections, their entries."""
    at, examples = 0, False
    while at < len(lines):
        line = lines[at]
        bare = line.strip()
        opening = re.match(r'^\w*("""|\'\'\'|"|\')', line) if at == 0 else None
        lead = opening[0] if opening else line[: len(line) - len(line.lstrip())]
        examples = (examples and bool(bare)) or bare.startswith(">>>")
        if examples or not bare.strip("\"'"):
            yield line
            at += 1
            continue
        indent = len(line) - len(line.lstrip())
        entry = None if opening else _ENTRY.match(bare)
        end = at + 1
        while end < len(lines) and not bare.endswith(":"):
            follows = lines[end].lstrip()
            deeper = len(lines[end]) - len(follows) > indent
            if not follows.strip("\"'") or follows.startswith(">>>"):
                break
            if deeper != bool(entry) and not opening:
                break
            if not entry and _ENTRY.match(follows):
                break
            end += 1
        body = line[len(lead) :]
        if entry:
            lead, body = lead + entry[1], entry[2]
        closing = re.search(r'("""|\'\'\'|"|\')$', lines[end - 1]) if end == len(lines) else None
        text = " ".join([body.strip(), *(part.strip() for part in lines[at + 1 : end])])
        if closing:
            text = text.removesuffix(closing[0])
        changed = _piece(text.rstrip(), change)
        if changed == text.rstrip():
            yield from lines[at:end]
        else:
            rest = " " * (indent + 4 * bool(entry))
            folded = wrapped(changed, lead, rest, WIDTH)
            folded[-1] += closing[0] if closing else ""
            yield from folded
        at = end


def _comments(source: str, closed: Collection[int], change: Change) -> Iterator[_Span]:
    """Comments; those of the same depth in lines below each other make one piece."""
    starts, lines = _starts(source), source.split("\n")
    found = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT
        and token.string.lstrip("#").strip()
        and token.start[0] - 1 not in closed
    ]
    groups: list[list[tokenize.TokenInfo]] = []
    for token in found:
        alone = not lines[token.start[0] - 1][: token.start[1]].strip()
        last = groups[-1][-1] if groups else None
        follows = last is not None and last.end[0] + 1 == token.start[0]
        same = last is not None and last.start[1] == token.start[1]
        if alone and follows and same and not _trailing(lines, groups[-1][0]):
            groups[-1].append(token)
        else:
            groups.append([token])
    for group in groups:
        first, last = group[0], group[-1]
        begin = starts[first.start[0] - 1] + first.start[1]
        end = starts[last.end[0] - 1] + last.end[1]
        text = " ".join(token.string.lstrip("#").strip() for token in group)
        changed = _piece(text, change)
        if changed != text:
            lead = " " * first.start[1] + "# "
            alone = not _trailing(lines, first)
            folded = wrapped(changed, "# ", lead, WIDTH) if alone else ["# " + changed]
            yield _Span(begin, end, "\n".join(folded))


def _trailing(lines: list[str], token: tokenize.TokenInfo) -> bool:
    return bool(lines[token.start[0] - 1][: token.start[1]].strip())


def _texts(source: str, change: Change) -> Iterator[_Span]:
    """Texts that an experiment shows, and f-strings, whose fields stand as {…}."""
    starts, tree = _starts(source), ast.parse(source)
    inside: set[ast.AST] = set()
    shown = set(_shown(tree))
    for node in ast.walk(tree):
        if node in inside:
            continue
        if isinstance(node, ast.JoinedStr):
            inside |= set(ast.walk(node))
            text = "".join(_field(part) for part in node.values)
            lead = "f"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text, lead = node.value, ""
            if not (node in shown or " " in text.strip()):
                continue
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside.add(node.value)  # a docstring
            continue
        else:
            continue
        changed = _piece(text, change)
        literal = lead + _quoted(changed, formatted=bool(lead))
        if lead:
            literal = _keyed(literal, change)
        if changed != text or literal != lead + _quoted(text, formatted=bool(lead)):
            begin, end = _place(node, source, starts)
            yield _Span(begin, end, literal)


def names(source: str) -> Iterator[str]:
    """Names and texts of the program: in an experiment, too, they are no words."""
    for node in ast.walk(ast.parse(source)):
        for field in ("value", "id", "attr", "arg", "name"):
            if isinstance(text := getattr(node, field, None), str):
                yield text


def labels(source: str) -> Iterator[str]:
    """Texts of one word in a list or before what they name: a picture may show them."""
    for node in ast.walk(ast.parse(source)):
        named = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        for part in named:
            if isinstance(part, ast.Constant) and re.fullmatch("[a-z]{3,}", str(part.value)):
                yield str(part.value)


def _shown(tree: ast.AST) -> Iterator[ast.AST]:
    """Texts of one word that are certainly shown and no names for the program."""
    for node in ast.walk(tree):
        if isinstance(node, ast.IfExp):
            yield from (node.body, node.orelse)
        if isinstance(node, ast.Call):
            yield from (k.value for k in node.keywords if k.arg in _SHOWING)
            if isinstance(node.func, ast.Name) and node.func.id == "print":
                yield from node.args


def _field(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value).replace("{", "{{").replace("}", "}}")
    return ast.unparse(ast.JoinedStr([part]))[2:-1]


def _quoted(text: str, *, formatted: bool) -> str:
    """A Python literal; what stands in the fields of an f-string is not touched."""
    parts = re.split(r"(\{[^{}]*\})", text) if formatted else [text]
    for i in range(0, len(parts), 2):
        parts[i] = parts[i].replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + "".join(parts) + '"'


def _keyed(literal: str, change: Change) -> str:
    """An f-string whose fields name things by texts that are changed elsewhere in the cell."""
    for node in ast.walk(ast.parse(literal, mode="eval")):
        if isinstance(node, ast.FormattedValue):
            for key in ast.walk(node.value):
                text = getattr(key, "value", None) if isinstance(key, ast.Constant) else None
                if isinstance(text, str) and " " in text.strip():
                    literal = literal.replace(repr(text), repr(_piece(text, change)))
    return literal


def _starts(source: str) -> list[int]:
    """Where each line begins."""
    starts = [0]
    for line in source.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    return starts


def _place(node: ast.expr, source: str, starts: list[int]) -> tuple[int, int]:
    """Where a node begins and ends, in characters; `ast` counts bytes within a line."""
    lines = source.split("\n")

    def at(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    assert node.end_lineno is not None and node.end_col_offset is not None
    return at(node.lineno, node.col_offset), at(node.end_lineno, node.end_col_offset)
