"""Findings that say the same thing, over all cases, become one problem."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from autograder.checks.finding import Check, Finding
from autograder.feedback.wording import counted, listed, shown_case, shown_output
from autograder.language import tr

NAMED_CASES = 2
NAMED_OUTPUTS = 4


@dataclass(frozen=True)
class Coverage:
    """On what a row was checked: the names of the public cases, and how many hidden ones."""

    public: tuple[str, ...] = ()
    hidden: int = 0


@dataclass(frozen=True)
class Problem:
    """Findings that say the same thing."""

    first: Finding  # the one that is told: of a public case, where there is one
    spread: str  # in how many cases, such as `"5 of 8 cases"`; may be empty


def problems(findings: Sequence[Finding], coverage: Coverage) -> list[Problem]:
    """Findings on the same output become one problem; the order is kept."""
    groups: dict[Hashable, list[Finding]] = {}
    of_output: dict[str | None, Hashable] = {}
    of_check: dict[Hashable, Hashable] = {}
    for finding in findings:
        key = _key(finding)
        if finding.check is Check.REPEATABILITY:  # wrong from the first: the same again is no news
            key = of_output.get(finding.output, key)
        elif finding.hidden and finding.output:  # nor is that it is wrong on hidden cases, too
            key = of_check.get((finding.output, finding.check), key)
        of_output.setdefault(finding.output, key)
        of_check.setdefault((finding.output, finding.check), key)
        groups.setdefault(key, []).append(finding)
    return [Problem(_first(group), _spread(group, coverage)) for group in groups.values()]


def _first(group: Sequence[Finding]) -> Finding:
    """The finding that is told; what one exception left without a value is told together."""
    first = min(group, key=lambda f: f.hidden)
    if not _breaks(first):
        return first
    names = dict.fromkeys(shown_output(f.output) for f in group if f.output)
    return replace(first, output=listed(list(names), NAMED_OUTPUTS) or None)


def _breaks(finding: Finding) -> str:
    """Why an output as a whole could not be computed; "" otherwise, as for an entry of one."""
    wrong = finding.difference
    if wrong is None or wrong.kind != "broken" or wrong.where:
        return ""
    return str(wrong.got)


def _key(finding: Finding) -> Hashable:
    if why := _breaks(finding):
        return ("broken", why)
    if finding.check is Check.ACCOUNT:  # it is about all outputs
        return finding.check
    if finding.failure is not None:
        return (finding.failure.kind, finding.failure.type_name)
    what = finding.fact.name if finding.fact is not None else ""
    form = finding.difference is not None and finding.difference.of_form
    return (finding.output, finding.check is Check.WARNINGS, form, what)


def _spread(group: Sequence[Finding], coverage: Coverage) -> str:
    """`"7 of 8 cases"`; few cases are named."""
    public = list(dict.fromkeys(f.case for f in group if not f.hidden and f.case))
    parts = []
    if public:
        text = _share(len(public), len(coverage.public))
        few = len(public) <= NAMED_CASES and len(public) != len(coverage.public)
        names = listed([shown_case(name) for name in public])
        parts.append(tr("{cases}: {names}").format(cases=text, names=names) if few else text)
    if any(f.hidden for f in group):
        parts.append(tr("hidden cases"))
    return tr("; ").join(parts)


def _share(some: int, total: int) -> str:
    if total < some:  # the total is not known
        return counted(some, "case")
    if some == total > 1:
        return tr("all {cases}").format(cases=counted(total, "case"))
    return tr("{some} of {cases}").format(some=some, cases=counted(total, "case"))
