"""Findings that say the same thing, over cases and outputs, become one problem."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from autograder.checks.finding import ACCOUNT, Finding
from autograder.feedback.errors import meaning
from autograder.feedback.heatmap import ALL_ZERO, Grid, pattern
from autograder.feedback.troubleshooting import FLAT, section
from autograder.feedback.wording import counted, entry, listed, pair

REPEATED = "repeatability"
_ADVICE = {
    REPEATED: "The same inputs gave the right result before; other calls came in between. Is "
    "something kept in a global variable, or in an attribute, that belongs into the cache?",
}
NAMED_CASES = 2
LONGEST_MESSAGE = 600
# The numbers at the end of a message, which are shown in a line of their own.
_NUMBERS = re.compile(r"(?: at (?P<place>\S+\[[\d, ]*\]))?: got \S+, expected \S+$")


@dataclass(frozen=True)
class Coverage:
    """On what a row was checked: the names of the public cases, and how many hidden ones."""

    public: tuple[str, ...] = ()
    hidden: int = 0


@dataclass(frozen=True)
class Place:
    """One number that is wrong, such as `dw[2, 1]: got 0.3, expected 1.2 (plain)`."""

    where: str
    got: str
    expected: str
    case: str


@dataclass(frozen=True)
class Problem:
    """Findings that say the same thing, merged.

    Args:
        outputs: The outputs concerned; empty when it is the whole row.
        messages: One line per output concerned.
        places: Beside each message the worst entry; None for a hidden case.
        spread: In how many cases, such as `"5 of 8 cases"`; may be empty.
        mistake, advice: The known mistake that it equals, and what that mistake says.
        see: The section of the troubleshooting page that goes further, or `""`.
        grids: |got − expected| as pictures.
    """

    outputs: tuple[str, ...]
    messages: tuple[str, ...]
    spread: str = ""
    places: tuple[Place | None, ...] = ()
    mistake: str = ""
    advice: str = ""
    see: str = ""
    grids: tuple[Grid, ...] = ()


def merged(findings: Sequence[Finding], coverage: Coverage, grids: Sequence[Grid]) -> list[Problem]:
    """Findings that say the same thing become one problem; the order is kept."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    of_output: dict[str | None, tuple[str, ...]] = {}
    for finding in findings:
        key: tuple[str, ...] = (finding.check, finding.output or "", finding.advice)
        if finding.check == ACCOUNT:  # it is about all outputs
            key = (ACCOUNT,)
        if finding.mistake:
            key = ("mistake", finding.mistake)
        if finding.check == REPEATED:  # wrong from the first: the same again is no news
            key = of_output.get(finding.output, key)
        of_output.setdefault(finding.output, key)
        groups.setdefault(key, []).append(finding)
    return [_problem(group, coverage, grids) for group in groups.values()]


def _problem(group: list[Finding], coverage: Coverage, grids: Sequence[Grid]) -> Problem:
    first: dict[str, Finding] = {}
    for finding in sorted(group, key=lambda f: f.hidden):  # stable: public ones come first
        first.setdefault(finding.output or "", finding)
    leading = [first[name] for name in dict.fromkeys(f.output or "" for f in group)]
    if group[0].check == ACCOUNT:
        leading = leading[:1]
    pictures = {
        (grid.output, grid.case): grid for grid in grids if grid.output in first and grid.wrong
    }
    shown = [
        pictures[f.output, f.case]
        for f in leading
        if not f.hidden and f.output is not None and (f.output, f.case) in pictures
    ]
    advice = next((said for f in group if (said := f.advice or meaning(f))), "")
    patterns = {grid.output: pattern(grid) for grid in shown}
    see = next((see for f in group if (see := section(f))), "")
    if group[0].check == "gradient" and not group[0].mistake and ALL_ZERO in patterns.values():
        see = FLAT
    return Problem(
        outputs=tuple(f.output for f in leading if f.output),
        messages=tuple(_sentence(f, patterns.get(f.output or "", "")) for f in leading),
        spread=_spread(group, coverage),
        places=tuple(_place(f) for f in leading),
        mistake=group[0].mistake,
        advice=advice or _ADVICE.get(group[0].check, ""),
        see=see,
        grids=tuple(grid for grid in shown if grid.teaches),
    )


def _sentence(finding: Finding, found: str) -> str:
    """The message without the numbers that stand in a line of their own; with the pattern."""
    message = finding.message.strip()
    if finding.check == REPEATED:
        message = f"asked the same again, {message}"
    if finding.check == "failure:skipped" and message.endswith(":"):
        message += " what it needs is not written yet"
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]} …"
    if _place(finding) is not None:
        message = _NUMBERS.sub("", message)
    return f"{message.rstrip('.')}; {found}" if found else message


def _place(finding: Finding) -> Place | None:
    if finding.hidden or finding.got is None or finding.expected is None:
        return None
    got, expected = pair(finding.got, finding.expected)
    told = _NUMBERS.search(finding.message)
    where = told.group("place") if told else None
    return Place(where or entry(finding.output or "", finding.index), got, expected, finding.case)


def _spread(group: Sequence[Finding], coverage: Coverage) -> str:
    """`"7 of 8 cases"`; few cases are named."""
    public = list(dict.fromkeys(f.case for f in group if not f.hidden and f.case))
    parts = []
    if public:
        text = _share(len(public), len(coverage.public), "case")
        few = len(public) <= NAMED_CASES and len(public) != len(coverage.public)
        parts.append(f"{text}: {listed(public)}" if few else text)
    if any(f.hidden for f in group):
        parts.append("hidden cases")
    return "; ".join(parts)


def _share(some: int, total: int, noun: str) -> str:
    if total < some:  # the total is not known
        return counted(some, noun)
    if some == total > 1:
        return f"all {counted(total, noun)}"
    return f"{some} of {counted(total, noun)}"
