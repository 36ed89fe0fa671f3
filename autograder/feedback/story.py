"""What a verdict says, in the order in which a person reads it, before it is text or HTML.

What fails, by how much and where; which known mistake it equals; the hints; the traceback last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from autograder.checks.finding import LOOK, STATE, Finding, RowResult
from autograder.feedback.heatmap import Grid
from autograder.feedback.problems import Coverage, Problem, merged
from autograder.feedback.wording import VERDICTS, counted, listed, points

SHOWN_IN_FULL = 4
SHOWN_FRAMES = 6
RECORDED = "recorded"


@dataclass(frozen=True)
class Story:
    """All that is shown of one row, in reading order.

    Args:
        headline: The verdict in words.
        earned: `"3.33 / 5 points"`, or `""` where no points are shown.
        outputs: Output name -> whether it earned its share; empty when nothing was returned.
        passed: The one line about what holds.
        hints: The hints asked for.
        hints_left: How to ask for more, or `""`.
        trace_case: The case in which the traceback came up.
    """

    id: str
    status: str
    headline: str
    earned: str = ""
    outputs: tuple[tuple[str, bool], ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    more: tuple[str, ...] = ()
    warnings: tuple[Problem, ...] = ()
    passed: str = ""
    hints: tuple[str, ...] = ()
    hints_left: str = ""
    trace: tuple[str, ...] = ()
    trace_case: str = ""


def tell(
    result: RowResult,
    *,
    hint: int = 0,
    coverage: Coverage | None = None,
    grids: Sequence[Grid] = (),
    notes: Sequence[str] = (),
) -> Story:
    """Put a verdict into words.

    Args:
        hint: How many of the hints to show.
        coverage: On which cases the row was checked.
        grids: Pictures of public cases; each goes to the problem of its output and case.
        notes: What else should be said, before what fails.
    """
    coverage = coverage or Coverage()
    if result.status == "unanswered":
        return _unanswered(result, hint, notes)
    failing = [f for f in result.findings if f.costs]
    problems = merged(failing, coverage, grids)
    warned = [f for f in result.findings if _warns(f, result)]
    traced = next((f for f in failing if f.traceback and not f.hidden), None)
    traced = traced or next((f for f in failing if f.traceback), None)
    outputs = tuple(result.outputs.items())
    return Story(
        id=result.id,
        status=tone(result),
        headline=headline(result),
        earned=_earned(result),
        outputs=outputs if result.status in ("right", "partial", "wrong") else (),
        notes=(*_notes(result), *notes),
        problems=_pointing_once(problems[:SHOWN_IN_FULL]),
        more=tuple(_brief(problem) for problem in problems[SHOWN_IN_FULL:]),
        warnings=tuple(merged(warned, coverage, ())),
        passed=_passed(result, coverage, failing),
        hints=result.hints[:hint],
        hints_left=_hints_left(result, hint),
        trace=_folded(traced.traceback)[-SHOWN_FRAMES:] if traced else (),
        trace_case=traced.case if traced and not traced.hidden else "",
    )


def _warns(finding: Finding, result: RowResult) -> bool:
    """Whether it is a warning to show; errors that were forgiven are told in a note already."""
    forgiven = result.follow_through and finding.output is not None
    return finding.severity == "warning" and not finding.passed and not forgiven


def _pointing_once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The problems, each section of the troubleshooting page named in the first of them only."""
    named: set[str] = set()
    kept = []
    for problem in problems:
        kept.append(replace(problem, see="") if problem.see in named else problem)
        named.add(problem.see)
    return tuple(kept)


def _folded(frames: Sequence[str]) -> tuple[str, ...]:
    """The frames; a run of the same one, as in a recursion without end, is told once."""
    runs = [(frame, len(list(same))) for frame, same in groupby(frames)]
    return tuple(f"{frame}   (and again)" if times > 1 else frame for frame, times in runs)


def _unanswered(result: RowResult, hint: int, notes: Sequence[str]) -> Story:
    missing = next((f for f in result.findings if f.check == "failure:missing"), None)
    where = f"Write {result.id} in its cell, run that cell, then run this one again."
    if missing is not None:
        where = f"{missing.message}. Run the cell that defines it, then run this one again."
    return Story(
        id=result.id,
        status=result.status,
        headline=VERDICTS["unanswered"],
        earned=_earned(result),
        notes=(*_notes(result), *notes) or (where,),
        hints=result.hints[:hint],
        hints_left=_hints_left(result, hint),
    )


def headline(result: RowResult) -> str:
    """The verdict in words."""
    if any(f.check == RECORDED for f in result.findings):
        return "recorded"
    if any(f.check == "form" and f.costs for f in result.findings):
        return "wrong form"
    if _was_skipped(result):
        return "not run yet"
    return VERDICTS.get(result.status, result.status)


def _was_skipped(result: RowResult) -> bool:
    """Whether it could not even be called, because what it needs failed."""
    costly = [f for f in result.findings if f.costs and result.status == "error"]
    return bool(costly) and all(f.check == "failure:skipped" for f in costly)


def tone(result: RowResult) -> str:
    """The status by which a verdict gets its sign and colour."""
    return "unanswered" if _was_skipped(result) else result.status


def _earned(result: RowResult) -> str:
    if any(f.check == RECORDED for f in result.findings):
        return f"{_worth(result)}, given later"
    if result.status == "manual":
        return f"{_worth(result)}, to be given by hand"
    return f"{points(result.score)} / {_worth(result)}"


def _worth(result: RowResult) -> str:
    return f"{points(result.points)} {'point' if result.points == 1 else 'points'}"


def _notes(result: RowResult) -> tuple[str, ...]:
    if any(f.check == RECORDED for f in result.findings):
        return ("It has the right form. Whether it is right comes out when it is graded.",)
    told = [f for f in result.findings if f.check in ("follow-through", STATE, LOOK)]
    said = [f.message if f.message.startswith(result.id) else _capital(f.message) for f in told]
    return tuple(f"{text}. {f.advice}".rstrip() for text, f in zip(said, told, strict=True))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _passed(result: RowResult, coverage: Coverage, failing: Sequence[Finding]) -> str:
    """The one line about what holds."""
    failed = {f.case for f in failing if not f.hidden}
    held = [name for name in coverage.public if name not in failed]
    if not held or result.status == "manual" or any(f.traceback or not f.case for f in failing):
        return ""
    if result.accounts and not failing:
        return _accounted(result.accounts)
    hidden = f", and {counted(coverage.hidden, 'hidden case')}" if coverage.hidden else ""
    names = listed(held, limit=6)
    if not failing:
        return f"Checked on {counted(len(held), 'case')}: {names}{hidden}."
    return f"Holds in {len(held)} of {counted(len(coverage.public), 'case')}: {names}."


def _accounted(accounts: Sequence[str]) -> str:
    """What a kind found on each case, in its own words; what it found on all is said once."""
    runs = f", in each of {len(accounts)} runs" if len(accounts) > 1 else ""
    different = list(dict.fromkeys(accounts))
    text = f"{different[0]}{runs}" if len(different) == 1 else "; ".join(different)
    return f"{text}."


def _hints_left(result: RowResult, hint: int) -> str:
    total = len(result.hints)
    if result.status in ("right", "manual") or not total:
        return f"There are no hints for {result.id}." if hint and not total else ""
    if hint >= total:
        return f"That is all: {counted(total, 'hint')}." if hint > total else ""
    # an answer is a variable, and only its name says which
    name = f'"{result.id}"' if result.id in result.outputs else result.id
    ask = f"check({name}, hint={hint + 1})"
    left, more = total - hint, "more " if hint else ""
    there = f"is 1 {more}hint; it costs" if left == 1 else f"are {left} {more}hints; they cost"
    return f"{'' if hint else 'Stuck? '}There {there} nothing: {ask}"


def _brief(problem: Problem) -> str:
    text = problem.messages[0].splitlines()[0] if problem.messages else ""
    return f"{text} [{problem.spread}]" if problem.spread else text


def recorded(result: RowResult) -> RowResult:
    """The verdict on an answer whose right value is not known here: of the right form, or not.

    Args:
        result: What `examine` says of an `Answer` from public data, which holds no answer.
    """
    if result.status != "right":
        return result
    note = Finding(RECORDED, None, f"{result.id} is recorded", "warning", passed=True)
    return replace(result, status="manual", score=0.0, outputs={}, findings=(note,))


def total(results: Sequence[RowResult]) -> tuple[float, float]:
    """Points earned and points there are."""
    return sum(r.score for r in results), sum(r.points for r in results)
