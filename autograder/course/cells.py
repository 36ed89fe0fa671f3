"""The cells of a source in percent format: what each is for, defines, and gives to students.

A solution region is what stands between BEGIN SOLUTION and END SOLUTION.
"""

import ast
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

from autograder.course.quick_import import quick_import
from autograder.errors import CourseError
from autograder.exercises import Row

BEGIN = "### BEGIN SOLUTION"
END = "### END SOLUTION"
CODE_STUB = "# YOUR CODE HERE"
RAISE_STUB = "raise NotImplementedError()"
TEXT_STUB = "YOUR ANSWER HERE"


class RegionError(ValueError):
    """The markers of a cell do not match; `line` counts from 0 within the cell."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


def has_region(source: str) -> bool:
    """Whether the source has a marker."""
    return BEGIN in source or END in source


def regions(source: str) -> list[tuple[int, int]]:
    """The lines (from 0) of every BEGIN and its END.

    Raises:
        RegionError: When markers are nested or one is missing.
    """
    found: list[tuple[int, int]] = []
    begin: int | None = None
    for number, line in enumerate(source.split("\n")):
        if BEGIN in line:
            if begin is not None:
                raise RegionError(f"'{BEGIN}' inside a region; end the first one before it", number)
            begin = number
        elif END in line:
            if begin is None:
                raise RegionError(f"'{END}' without '{BEGIN}'", number)
            found.append((begin, number))
            begin = None
    if begin is not None:
        raise RegionError(f"'{BEGIN}' without '{END}'", begin)
    return found


def clear_code(source: str) -> str:
    r"""What students get of a solution cell: every region replaced by a stub.

    In a function the stub raises NotImplementedError, so that a check can say "not written yet";
    elsewhere it is a comment, so that the cell still runs.

    Example:
        >>> print(clear_code("a = None\n### BEGIN SOLUTION\na = 1\n### END SOLUTION"))
        a = None
        # YOUR CODE HERE
    """
    lines = source.split("\n")
    functions = _functions(source)
    result: list[str] = []
    after = 0
    for begin, end in regions(source):
        result += lines[after:begin]
        indent = _indent(lines[begin])
        result.append(indent + CODE_STUB)
        if any(first < begin <= last for first, last in functions):
            result.append(indent + RAISE_STUB)
        elif not _stands(result, lines[end + 1 :]):
            result.append(indent + "pass")
        after = end + 1
    return "\n".join(result + lines[after:])


def clear_text(source: str) -> str:
    """What students get of a hand-graded text cell."""
    lines = source.split("\n")
    result: list[str] = []
    after = 0
    for begin, end in regions(source):
        result += [*lines[after:begin], _indent(lines[begin]) + TEXT_STUB]
        after = end + 1
    return "\n".join(result + lines[after:])


def inside(source: str) -> list[str]:
    """The lines within the regions."""
    lines = source.split("\n")
    return [line for begin, end in regions(source) for line in lines[begin + 1 : end]]


def bare(source: str) -> str:
    """The code alone: no markers, no docstrings. This is the text that `edit()` speaks of."""
    lines = source.split("\n")
    drop = {number for number, line in enumerate(lines) if BEGIN in line or END in line}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            first = node.body[0]
            if (
                len(node.body) > 1
                and isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                drop |= set(range(first.lineno - 1, first.end_lineno or first.lineno))
    kept = [line for number, line in enumerate(lines) if number not in drop]
    return "\n".join(kept)


def _functions(source: str) -> list[tuple[int, int]]:
    """The first and last line (from 0) of every function, methods and inner ones included."""
    return [
        (node.lineno - 1, (node.end_lineno or node.lineno) - 1)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def _indent(line: str) -> str:
    match = re.match(r"\s*", line)
    return match.group(0) if match else ""


def _stands(before: list[str], after: list[str]) -> bool:
    """Whether the code parses with nothing but a comment in place of the region."""
    until = next((i for i, line in enumerate(after) if BEGIN in line), len(after))
    try:
        ast.parse("\n".join(before + after[:until]))
    except SyntaxError:
        return False
    return True


_MARKER = re.compile(r"^\s*# %%(?!%)")
# jupytext would take a comment such as "# copy the mask" for a shell command, and uncomment it.
_FORMAT = {"extension": ".py", "format_name": "percent", "comment_magics": False}


@dataclass(frozen=True)
class RawCell:
    """A cell as written."""

    type: Literal["markdown", "code"]
    source: str
    tags: tuple[str, ...]
    line: int  # the line of the file on which `source` begins, counted from 1


def read_percent(path: Path) -> tuple[RawCell, ...]:
    """Split the file at `path` into cells.

    Raises:
        CourseError: When it cannot be read, holds no cells, or holds a raw cell.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"cannot read {path}: {error}. It must be a UTF-8 text file.") from error
    with quick_import():
        import jupytext

    lines = text.splitlines()
    cells = []
    position = 0
    for cell in jupytext.reads(text, fmt=_FORMAT).cells:
        if not cell.source.strip():
            continue
        position, line = _find(lines, position, cell.cell_type, cell.source)
        tags = tuple(cell.metadata.get("tags", ()))
        if cell.cell_type not in ("markdown", "code"):
            raise CourseError(
                f"{path}:{line}: a {cell.cell_type} cell; expected '# %%' (code) or "
                "'# %% [markdown]'"
            )
        cells.append(RawCell(cell.cell_type, cell.source, tags, line))
    if not any(_MARKER.match(line) for line in lines):
        raise CourseError(f"{path} has no cells; each cell begins with a line '# %%'")
    return tuple(cells)


def _find(lines: list[str], position: int, kind: str, source: str) -> tuple[int, int]:
    """Where a cell stands: the position after it, and the line (from 1) of its source.

    jupytext forgets line numbers. Code stands in the file to the letter; for other cells the line
    below the marker is near enough.
    """
    wanted = source.split("\n")
    if kind == "code":
        for start in range(position, len(lines) - len(wanted) + 1):
            if all(a.rstrip() == b.rstrip() for a, b in zip(lines[start:], wanted)):
                return start + len(wanted), start + 1
    for start in range(position, len(lines)):
        if _MARKER.match(lines[start]):
            return start + 1, start + 2
    return position, position + 1


Kind = Literal[
    "markdown", "import", "solution", "provided", "instructor", "experiment", "text", "check"
]
TAGS = ("instructor", "provided", "experiment")
TEXT_TAG = "text:"
EXECUTED = ("import", "provided", "solution", "instructor")


@dataclass(frozen=True)
class SourceCell:
    """A cell of the solved source."""

    kind: Kind
    source: str
    released: str | None  # as students get it; None where they do not
    line: int  # the line of the file on which `source` begins
    functions: tuple[str, ...] = ()  # the names that it defines at the top level, in order
    cell_id: str = ""  # the notebook cell's id, made from names and content, never from a position
    grade_id: str = ""  # nbgrader's id of it, for cells that nbgrader knows; else empty
    row: str = ""  # the row that a solution, check or text cell belongs to; else empty
    points: float | None = None  # what a check or text cell is worth; None for the others

    @property
    def markdown(self) -> bool:
        """Whether it is a markdown cell in the notebook."""
        return self.kind in ("markdown", "text")


def classify(raw: RawCell, path: Path) -> SourceCell:
    """Say what a cell is for.

    Raises:
        CourseError: With file and line, for unknown tags, broken markers and stray code.
    """
    where = f"{path}:{raw.line}"
    known = [tag for tag in raw.tags if tag in TAGS or tag.startswith(TEXT_TAG)]
    for tag in raw.tags:
        if tag not in known:
            raise CourseError(
                f"{where}: unknown tag {tag!r}; expected one of {', '.join(TAGS)} or "
                f"'{TEXT_TAG}<row id>' on a markdown cell"
            )
    if len(known) > 1:
        raise CourseError(f"{where}: tags {', '.join(known)}; a cell has at most one")
    tag = known[0] if known else ""
    try:
        regions(raw.source)
    except RegionError as error:
        raise CourseError(f"{path}:{raw.line + error.line}: {error}") from error
    if raw.type == "markdown":
        return _markdown(raw, tag, where)
    if tag.startswith(TEXT_TAG):
        raise CourseError(f"{where}: {tag!r} on a code cell; it belongs on a markdown cell")
    try:
        tree = ast.parse(raw.source)
    except SyntaxError as error:
        line = raw.line + (error.lineno or 1) - 1
        raise CourseError(f"{path}:{line}: {error.msg}") from error
    if tag and has_region(raw.source):
        raise CourseError(
            f"{where}: a cell tagged {tag!r} holds a solution; take away the tag or the markers"
        )
    kind = _kind(tag, raw, tree, where)
    released: str | None = raw.source
    if kind == "solution":
        released = clear_code(raw.source)
        _must_parse(released, where)
    elif kind == "instructor":
        released = None
    return SourceCell(kind, raw.source, released, raw.line, functions=_defined(tree))


def _kind(tag: str, raw: RawCell, tree: ast.Module, where: str) -> Kind:
    for kind in get_args(Kind):
        if tag == kind:
            return kind
    if has_region(raw.source):
        return "solution"
    for statement in tree.body:
        if not isinstance(statement, (ast.Import, ast.ImportFrom)) and not _is_text(statement):
            line = int(where.rpartition(":")[2]) + statement.lineno - 1
            raise CourseError(
                f"{where.rpartition(':')[0]}:{line}: an untagged code cell may hold imports only. "
                "Mark what students write with '### BEGIN SOLUTION' and '### END SOLUTION', or tag "
                'the cell: # %% tags=["provided"], "experiment" or "instructor"'
            )
    return "import"


def _markdown(raw: RawCell, tag: str, where: str) -> SourceCell:
    if tag.startswith(TEXT_TAG):
        row = tag[len(TEXT_TAG) :]
        if not has_region(raw.source):
            raise CourseError(
                f"{where}: the text cell {row!r} has no model answer; put one between "
                "'### BEGIN SOLUTION' and '### END SOLUTION'"
            )
        released = clear_text(raw.source)
        return SourceCell("text", raw.source, released, raw.line, row=row)
    if tag:
        raise CourseError(f"{where}: tag {tag!r} on a markdown cell; it belongs on a code cell")
    if has_region(raw.source):
        raise CourseError(
            f"{where}: a solution in a markdown cell; tag the cell '{TEXT_TAG}<row id>'"
        )
    return SourceCell("markdown", raw.source, raw.source, raw.line)


def _must_parse(released: str, where: str) -> None:
    try:
        ast.parse(released)
    except SyntaxError as error:
        raise CourseError(
            f"{where}: without its solution the cell is no longer Python ({error.msg}); the "
            "markers must enclose whole statements"
        ) from error


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _defined(tree: ast.Module) -> tuple[str, ...]:
    """Functions, classes and variables that a cell defines at its top level."""
    names: dict[str, None] = {}
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names[node.name] = None
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                        names[part.id] = None
    return tuple(names)


def with_checks(
    cells: Sequence[SourceCell], rows: Sequence[Row], by_name: Collection[str]
) -> tuple[SourceCell, ...]:
    """The cells that students get, with a check cell below every solution of a row.

    Args:
        by_name: Rows that are variables: their check is given the name, not the value.
    """
    known = {row.id: row for row in rows}
    result = []
    for cell in cells:
        if cell.released is None:
            continue
        row = known.get(cell.row)
        points = row.points if row is not None and cell.kind == "text" else None
        result.append(replace(cell, points=points))
        if row is not None and cell.kind == "solution":
            check = f'check("{row.id}")' if row.id in by_name else f"check({row.id})"
            ids = (row.id, row.id, row.id)  # of the cell, for nbgrader, of the row
            result.append(SourceCell("check", check, check, cell.line, (), *ids, row.points))
    return tuple(result)
