"""What is told of the changes that fit: a line, two, or only what they have in common.

To a verdict it adds an explanation where there is none, else the line.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.checks.finding import Explanation, Finding, RowResult, Source, Where
from autograder.exercises.fact import Fact, fact
from autograder.explain.repair.candidates import idle_names
from autograder.explain.repair.echoes import carried
from autograder.explain.repair.places import Change, applied, places
from autograder.explain.repair.trying import Lost
from autograder.explain.repair.units import TICK, Unit, root
from autograder.explain.slips import PREFIX

LOOKS: dict[str, str] = {
    kind: look
    for look, kinds in {
        "signs": "sign missing_term extra_term lost_term",
        "shapes": "transpose product keepdims shape reshape flatten index",
        "examples": "mean_for_sum sum_for_mean missing_sum extra_sum missing_mean axis "
        "missing_axis",
        "factors": "inverse missing_factor extra_factor power complement grouping operator",
        "numbers": "number hard_coded",
        "names": "wrong_name order arguments argument missing_argument packing unread",
        "conditions": "comparison flag",
        "loops": "off_by_one direction loop return_in_loop",
        "kept": "lost_line accumulation overwritten initial copy dtype",
        "lines": "extra_statement order_of_lines return",
        "functions": "function extra_function missing_function",
    }.items()
    for kind in kinds.split()
}
"""Kind -> where to look: `feedback.say` has `look.<look>` and `kind.<kind>`."""


def told(result: RowResult, repairs: Repairs, cell: int | None = None) -> RowResult:
    """The verdict with the lines that were found; nothing else about it changes.

    Args:
        cell: The position of the cell in which the function stands.
    """
    return result.with_findings(tuple(_told(f, repairs, cell) for f in result.findings))


def _told(finding: Finding, repairs: Repairs, cell: int | None) -> Finding:
    if not finding.costs_visibly:
        return finding
    found = next((r for r in repairs if finding.output in (None, *r.outputs)), None)
    if found is None:
        return finding
    before = finding.explanation
    raised = before.fact.values.get("line", found.line) if before and before.fact else found.line
    said = _said(found)
    if before is None or (found.line and raised != found.line):
        if said is None:
            return finding
        before = Explanation(Source.REPAIR, fact=said)
    elif found.line and found.whole and before.name.startswith(PREFIX):
        # A slip of the reference gives these numbers; this is what the student wrote.
        before = replace(before, fact=said)
    where = Where(found.function, found.line, cell, found.also) if found.line else None
    return replace(
        finding,
        explanation=replace(
            before, where=where, kind=found.kind, before=found.before, after=found.after
        ),
    )


def _said(found: Repair) -> Fact | None:
    if found.kind == "unread":
        return fact("repair.unread", name=found.target)
    look = fact(f"look.{LOOKS.get(found.kind, 'nothing')}")
    outputs = list(found.outputs)
    if found.line:
        return (
            fact("repair.whole", look=look)
            if found.whole
            else fact("repair.part", names=outputs, look=look)
        )
    if found.target:
        return fact("repair.target", target=found.target, look=look)
    return fact("repair.somewhere", look=look) if found.kind else None


MOST_LINES_TOLD = 2
LONGEST_LINE = 160


@dataclass(frozen=True)
class Repair:
    """A change that makes outputs right on every public case.

    Args:
        outputs: The outputs that it makes right.
        function: Where it stands; "" when more than two lines fit.
        line: Counted from the `def` line as 1; 0 when more than two lines fit.
        also: The other line of the function where two fit.
        kind: What is wrong there; "" when the changes that fit have no kind in common.
        whole: The row is right with it.
        before, after: The line as the student wrote it, and changed.
        file: The name under which Python knows the cell.
    """

    outputs: tuple[str, ...]
    function: str
    line: int
    kind: str
    whole: bool
    before: str = ""
    after: str = ""
    file: str = ""
    target: str = ""
    also: int | None = None


Repairs = tuple[Repair, ...]


@dataclass(frozen=True, eq=False)
class Fit:
    """A change that makes outputs right, with the rank at which it was tried."""

    tier: int
    kind: str
    unit: Unit
    line: int
    beside: int | None
    gained: Lost
    whole: bool
    after: str
    target: str
    change: Change
    moves: bool  # it changes an output that stays wrong, too

    @property
    def lines(self) -> list[tuple[str, int]]:
        """The function with each line that changes."""
        return [(self.unit.name, line) for line in (self.line, self.beside) if line]


def agreed(fits: Sequence[Fit], outputs: tuple[str, ...], own: Unit, sure: bool) -> Repair:
    """What may be said of changes that fit: a line, two, or only what they have in common.

    Args:
        own: The code of the row itself.
        sure: Whether it was looked at enough that a line may be told.
    """
    lines = list(dict.fromkeys(line for f in fits for line in f.lines))
    kinds = list(dict.fromkeys(f.kind for f in fits))
    targets = {f.target for f in fits}
    first = fits[0]
    several = len(lines) > MOST_LINES_TOLD or len({name for name, _ in lines}) > 1
    several |= any(carried(f.change, places(f.unit.tree)) for f in fits)
    several |= any(f.unit is not own and (_leaves_unread(f) or _keeps(f, own)) for f in fits)
    if several or _is_filled_later(fits[0]) or not sure:
        kind = kinds[0] if len(kinds) == 1 else ""
        target = first.target if len(targets) == 1 else ""
        idle = {name for f in fits for name in _brought(f)}
        if several and len(idle) == 1 and all(map(_brought, fits)):
            kind, target = "unread", idle.pop()
        return Repair(outputs, "", 0, kind, first.whole, target=target)
    before = first.unit.lines[first.line - 1].strip()
    return Repair(
        outputs, first.unit.name, first.line, first.kind, first.whole,
        before[:LONGEST_LINE], first.after[:LONGEST_LINE], first.unit.file, first.target,
        also=lines[1][1] if len(lines) > 1 else None,
    )  # fmt: skip


def below(unit: Unit, change: Change) -> int | None:
    """The line below one after which a line is missing."""
    statement = change.place.statement
    last = unit.line_of(statement) + (statement.end_lineno or statement.lineno) - statement.lineno
    missing = change.kind == "lost_line" and last < len(unit.lines)
    return last + 1 if missing else None


def _brought(fit: Fit) -> set[str]:
    """The variables that are made and never read, and that a change reads."""
    new = fit.change.new
    idle = idle_names(fit.unit.tree)
    return {n.id for n in ast.walk(new) if isinstance(n, ast.Name)} & idle if new else set()


def _keeps(fit: Fit, own: Unit) -> bool:
    """Whether one more entry is kept where one is kept that is not read: that may be meant."""
    keys = fit.change.place.node.keys if isinstance(fit.change.place.node, ast.Dict) else ()
    read = {n.value for n in ast.walk(own.tree) if isinstance(n, ast.Constant)}
    return fit.kind == "packing" and any(getattr(k, "value", None) not in read for k in keys)


def _leaves_unread(fit: Fit) -> bool:
    """Whether nobody would read some variable any more: that is to go around what is in it."""
    before = idle_names(fit.unit.tree)
    with applied(fit.change):
        return not idle_names(fit.unit.tree) <= before


def changed_line(unit: Unit, change: Change) -> str:
    """The changed statement on one line; "" where that says nothing."""
    if change.new is None or isinstance(change.new, ast.Pass):
        return ""
    statement = change.new if isinstance(change.new, ast.stmt) else change.place.statement
    text = ast.unparse(ast.fix_missing_locations(statement)).replace(f" if not {TICK}()", "")
    return text.partition("\n")[0] if isinstance(statement, (ast.For, ast.If, ast.While)) else text


def _is_filled_later(fit: Fit) -> bool:
    """Whether something is added to a value into which parts are put afterwards: at any of them."""
    puts = (n for n in ast.walk(fit.unit.tree) if isinstance(n, ast.Subscript))
    filled = {root(n) for n in puts if isinstance(n.ctx, ast.Store)}
    return fit.kind.startswith("missing_") and fit.target in filled - {""}


def target_of(statement: ast.stmt) -> str:
    """The variable that a statement computes."""
    if isinstance(statement, ast.Assign):
        target = statement.targets[0]
    elif isinstance(statement, (ast.AugAssign, ast.AnnAssign)):
        target = statement.target
    else:
        return ""
    while isinstance(target, (ast.Subscript, ast.Attribute)) and not (
        isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    ):
        target = target.value
    return ast.unparse(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""
