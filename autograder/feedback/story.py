"""What is told of a verdict, in the order in which a person reads it; nothing twice.

The verdict and the points; what it looks like, in words; what is wrong, output by output, folded
where there are more than two; what holds; the hints; the student's own lines last.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.exercises.fact import fact
from autograder.feedback.blocks import (
    Block,
    Code,
    Fold,
    Frames,
    Head,
    Line,
    Paragraph,
    Picture,
    Place,
    Rows,
    Ticks,
    prose,
)
from autograder.feedback.heatmap import Grid, pattern
from autograder.feedback.say import advice, link, message, place, said, section, sentence
from autograder.feedback.wording import VERDICTS, counted, listed, points, shown_case, shown_output
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
        key = _alike(finding)
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


def _alike(finding: Finding) -> Hashable:
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


SHOWN_IN_FULL = 2
SHOWN_FRAMES = 6
_NOTES = (Check.FOLLOW_THROUGH, Check.BUILDS_ON, Check.STATE, Check.LOOK)


def card(
    result: RowResult,
    *,
    hint: int = 0,
    coverage: Coverage | None = None,
    grids: Sequence[Grid] = (),
    notes: Sequence[str] = (),
    page: str = "",
) -> tuple[Block, ...]:
    """Put a verdict into words.

    Args:
        hint: How many of the hints to show.
        coverage: On which cases the row was checked.
        grids: Arrays of public cases, for pictures and for what the wrong entries have in common.
        notes: What else should be said, before what fails.
        page: Where `say.PAGE` lies, seen from the notebook.
    """
    coverage = coverage or Coverage()
    if result.status == "unanswered":
        return (*_unanswered(result, notes), *_hints(result, hint))
    failing = [f for f in result.findings if f.costs]
    blocks: list[Block] = [Head(tone(result), result.id, headline(result), earned(result))]
    if result.status in ("partial", "wrong") and result.outputs:
        blocks.append(Ticks(tuple((shown_output(n), right) for n, right in result.outputs.items())))
    blocks += [Paragraph((note,)) for note in (*_notes(result), *notes)]
    blocks += _explanations(result, failing)
    if failing:
        blocks += _wrong(problems(failing, coverage), result, grids, page)
    warnings = [f for f in result.findings if _warns(f, result)]
    for problem in problems(warnings, coverage) if warnings else ():
        blocks += _problem(problem, result, (), "warning")
    holds = _holds(result, coverage, failing)
    blocks += [Paragraph((holds,), "muted")] if holds else []
    return (*blocks, *_hints(result, hint), *_frames(failing))


def table(results: Sequence[RowResult]) -> Rows:
    """The rows of a notebook, with the sum."""
    earned_points, available = total(results)
    later = sum(r.points for r in results if r.status == "manual")
    some = tr("{earned} of {available} points so far ({later} of them come later)")
    if not later:
        some = tr("{earned} of {available} points so far")
    return Rows(
        tuple((tone(r), r.id, _verdict(r), _points(r)) for r in results),
        some.format(earned=points(earned_points), available=points(available), later=points(later)),
        earned_points == available,
    )


def headline(result: RowResult) -> str:
    """The verdict in words."""
    if any(f.check is Check.RECORDED for f in result.findings):
        return tr("recorded")
    if any(f.check is Check.FORM and f.costs for f in result.findings):
        return tr("wrong form")
    if _was_skipped(result):
        return tr("not run yet")
    return tr(VERDICTS.get(result.status, result.status))


def tone(result: RowResult) -> str:
    """The status by which a verdict gets its sign and colour."""
    return "unanswered" if _was_skipped(result) else result.status


def earned(result: RowResult) -> str:
    """The points in words."""
    one = result.points == 1
    gaps = {"score": points(result.score), "points": points(result.points)}
    if any(f.check is Check.RECORDED for f in result.findings):
        text = tr("{points} point, given later") if one else tr("{points} points, given later")
    elif result.status == "manual":
        text = tr("{points} points, to be given by hand")
        text = tr("{points} point, to be given by hand") if one else text
    else:
        text = tr("{score} / {points} point") if one else tr("{score} / {points} points")
    return text.format_map(gaps)


def recorded(result: RowResult) -> RowResult:
    """The verdict on an answer whose right value is not known here: of the right form, or not.

    Args:
        result: What `examine` says of an `Answer` from public data, which holds no answer.
    """
    if result.status != "right":
        return result
    right = fact("answer.recorded", name=result.id)
    note = Finding(Check.RECORDED, severity="warning", passed=True, fact=right)
    return replace(result, status="manual", score=0.0, outputs={}, findings=(note,))


def beside(one: str, other: str) -> str:
    """Two sentences, one after the other; either may be empty."""
    return tr("{first} {second}").format(first=one, second=other).strip()


def total(results: Sequence[RowResult]) -> tuple[float, float]:
    """Points earned and points there are."""
    return sum(r.score for r in results), sum(r.points for r in results)


def _unanswered(result: RowResult, notes: Sequence[str]) -> Iterator[Block]:
    where = tr("Write {row} in its cell, run that cell, then run this one again.")
    if any(f.failed("missing") for f in result.findings):
        where = tr("{row} is not defined. Run the cell that defines it, then run this one again.")
    where = where.format(row=result.id)
    yield Head(result.status, result.id, tr(VERDICTS["unanswered"]), earned(result))
    yield from (Paragraph((note,)) for note in (*_notes(result), *notes) or (where,))


def _notes(result: RowResult) -> Iterator[str]:
    if any(f.check is Check.RECORDED for f in result.findings):
        yield tr("It has the right form. Whether it is right comes out when it is graded.")
    for finding in result.findings:
        if finding.check in _NOTES:
            text, told = message(finding, result.id), finding.explanation
            names = (result.id, *(finding.fact.values.get("names", ()) if finding.fact else ()))
            text = text if text.startswith(names) else text[:1].upper() + text[1:]
            yield beside(sentence(text), advice(told) if told else "")


def _explanations(result: RowResult, failing: Sequence[Finding]) -> Iterator[Block]:
    """The first wrong stage, then what each output looks like; the same is said once."""
    for finding in result.findings:
        if finding.check in (Check.STAGE, Check.OWN_FORWARD):
            yield Paragraph((sentence(message(finding, result.id)),), "explains")
            yield from _place(finding)
    of: dict[Explanation, list[str]] = {}
    facts: dict[tuple[str | None, str], Explanation] = {}
    located = {_named(f) for f in failing if f.explanation is not None and f.explanation.where}
    for finding in failing:
        told = finding.explanation
        if told is not None and (told.where is not None or _named(finding) not in located):
            key = _key(told)
            if told.fact is not None and "line" not in told.fact.values:  # with other numbers: once
                key = facts.setdefault((finding.output, told.fact.name), key)
            outputs = of.setdefault(key, [])
            name = shown_output(finding.output or "")
            if name and name not in outputs:
                outputs.append(name)
    unclear = len({f.output for f in failing}) > 1
    for told, outputs in of.items():
        label: Line = (Code(", ".join(outputs)), ": ") if outputs and unclear else ()
        name = told.name if told.source is not Source.CHECK else ""
        yield Paragraph((*label, *prose(told.says)), "explains", name)


def _named(finding: Finding) -> tuple[str | None, str]:
    """The output and the name of its mistake: a hidden case knows no line, and says no more."""
    return finding.output, finding.mistake


def _key(told: Explanation) -> Explanation:
    """Explanations that say the same are the same; facts hold dicts, which have no hash."""
    like = told.source is Source.LIKE and told.where is None
    says = beside(tr("This looks like a slip."), advice(told)) if like else advice(told)
    return Explanation(told.source, told.name, says)


def _wrong(
    found: Sequence[Problem], result: RowResult, grids: Sequence[Grid], page: str
) -> Iterator[Block]:
    for problem in found[:SHOWN_IN_FULL]:
        yield from _problem(problem, result, grids)
    rest = tuple(block for p in found[SHOWN_IN_FULL:] for block in _problem(p, result, grids))
    if rest:
        of = (shown_output(p.first.output or result.id) for p in found[SHOWN_IN_FULL:])
        names = list(dict.fromkeys(of))
        yield Fold(tr("{names}: wrong, too").format(names=listed(names)), rest)
    pointed = (section(p.first, grids) for p in found)
    see = next((title for title in pointed if title), "")
    if see:
        lead = tr("More: “{section}” in ").format(section=tr(see))
        yield Paragraph((lead, link(see, page)), "muted")


def _problem(
    problem: Problem, result: RowResult, grids: Sequence[Grid], style: str = "wrong"
) -> Iterator[Block]:
    first = problem.first
    grid = next(
        (g for g in grids if not first.hidden and (g.output, g.case) == (first.output, first.case)),
        None,
    )
    common = pattern(grid) if grid is not None else ""
    text = message(first, result.id)
    if common:
        text = tr("{said}; {more}").format(said=text.rstrip(".。"), more=common)
    head, *more = text.split("\n")
    spread = f" [{problem.spread}]" if problem.spread else ""
    yield Paragraph(("\n".join([head + spread, *more]),), style)  # type: ignore[arg-type]
    yield from _place(first)
    if grid is not None and grid.teaches:
        yield Picture(grid)


def _place(finding: Finding) -> Iterator[Block]:
    where = place(finding)
    if where is not None:
        yield Place(*where, shown_case(finding.case))


def _warns(finding: Finding, result: RowResult) -> bool:
    """Whether it is a warning to show; errors that were forgiven are told in a note already."""
    told = finding.check in (Check.STAGE, Check.OWN_FORWARD)
    forgiven = result.follow_through and finding.output is not None
    return finding.severity == "warning" and not (finding.passed or forgiven or told)


def _was_skipped(result: RowResult) -> bool:
    """Whether it could not even be called, because what it needs failed."""
    costly = [f for f in result.findings if f.costs_visibly]
    return result.status == "error" and bool(costly) and all(f.failed("skipped") for f in costly)


def _holds(result: RowResult, coverage: Coverage, failing: Sequence[Finding]) -> str:
    """The one line about what holds."""
    failed = {f.case for f in failing if not f.hidden}
    held = [name for name in coverage.public if name not in failed]
    if not held or result.status == "manual" or any(f.frames or not f.case for f in failing):
        return ""
    if result.accounts and not failing:
        return _accounted([said(account) for account in result.accounts])
    gaps = {
        "names": listed([shown_case(name) for name in held], limit=6),
        "held": len(held),
        "cases": counted(len(coverage.public), "case"),
        "hidden": counted(coverage.hidden, "hidden case"),
    }
    if not failing and coverage.hidden:
        text = tr("Checked on {cases}: {names}, and {hidden}.")
    elif not failing:
        text = tr("Checked on {cases}: {names}.")
    elif len(held) == len(coverage.public):
        text = tr("Holds in all {cases}: {names}.")
        gaps["cases"] = counted(len(held), "public case")
    else:
        text = tr("Holds in {held} of {cases}: {names}.")
    return text.format_map(gaps)


def _accounted(accounts: Sequence[str]) -> str:
    """What a kind found on each case, in its own words; what it found on all is said once."""
    different = list(dict.fromkeys(accounts))
    text = tr("; ").join(different)
    if len(different) == 1 and len(accounts) > 1:
        text = tr("{said}, in each of {count} runs").format(said=text, count=len(accounts))
    return sentence(text)


def _hints(result: RowResult, hint: int) -> Iterator[Block]:
    result = replace(result, hints=_with_line(result))
    for number, text in enumerate(result.hints[:hint], start=1):
        lead = tr("Hint {number}: ").format(number=number)
        yield Paragraph((lead, *prose(tr(text))), "hint")
    left = _hints_left(result, hint)
    if left:
        yield Paragraph((left,), "muted")


def _with_line(result: RowResult) -> tuple[str, ...]:
    """The hints of the course, between the kind of mistake in a line and how to change it."""
    told = [f.explanation for f in result.findings if f.costs and f.explanation is not None]
    found = next((e for e in told if e.kind), None)
    if found is None:
        return result.hints
    kind, where = fact(f"kind.{found.kind}"), found.where
    if where is None:
        return (said(fact("repair.hint_anywhere", kind=kind)), *result.hints)
    first = said(fact("repair.hint", line=where.line, kind=kind))
    change = fact("repair.change", line=where.line, before=found.before, after=found.after)
    last = (said(change),) if found.after else ()
    return (first, *result.hints, *last)


def _hints_left(result: RowResult, hint: int) -> str:
    most = len(result.hints)
    if result.status in ("right", "manual") or not most:
        none = tr("There are no hints for {row}.").format(row=result.id)
        return none if hint and not most else ""
    if hint >= most:
        every = tr("That is all: {hints}.").format(hints=counted(most, "hint"))
        return every if hint > most else ""
    # an answer is a variable, and only its name says which
    name = f'"{result.id}"' if result.id in result.outputs else result.id
    ask = f"check({name}, hint={hint + 1})"
    left = most - hint
    if hint:
        text = tr("There are {count} more hints; they cost nothing: {ask}")
        text = tr("There is 1 more hint; it costs nothing: {ask}") if left == 1 else text
    else:
        text = tr("Stuck? There are {count} hints; they cost nothing: {ask}")
        text = tr("Stuck? There is 1 hint; it costs nothing: {ask}") if left == 1 else text
    return text.format(count=left, ask=ask)


def _frames(failing: Sequence[Finding]) -> Iterator[Block]:
    traced = next((f for f in failing if f.frames), None)
    if traced is not None:
        title = tr("In your code (case: {case}):") if traced.case else tr("In your code:")
        title = title.format(case=shown_case(traced.case))
        yield Frames(title, _folded(traced.frames)[-SHOWN_FRAMES:])


def _folded(frames: Sequence[str]) -> tuple[str, ...]:
    """The frames; a run of the same one, as in a recursion without end, is told once."""
    runs = [(frame, len(list(same))) for frame, same in groupby(frames)]
    again = tr("(and again)")
    return tuple(f"{frame}   {again}" if times > 1 else frame for frame, times in runs)


def _verdict(result: RowResult) -> str:
    wrong = [name for name, ok in result.outputs.items() if not ok]
    if result.status == "partial" and wrong:
        return tr("{verdict}: ✗ {names}").format(verdict=headline(result), names=listed(wrong))
    return headline(result)


def _points(result: RowResult) -> str:
    return f"{'–' if result.status == 'manual' else points(result.score)} / {points(result.points)}"
