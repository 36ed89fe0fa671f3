"""What a repair adds to a verdict: an explanation where there is none, else the line."""

from __future__ import annotations

from dataclasses import replace

from autograder.checks.finding import Explanation, Finding, RowResult, Source, Where
from autograder.exercises.fact import Fact, fact
from autograder.explain.repair.fits import Repair, Repairs
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
