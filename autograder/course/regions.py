"""Solution regions: what stands between BEGIN SOLUTION and END SOLUTION, and what replaces it."""

import ast
import re

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
