"""What a class report says of an assignment, in numbers, before it is a page.

Item analysis says how hard a row is, and whether it tells those who know apart. Difficulty is the
mean share of the points (so 1 is easy), discrimination the correlation of a row with the sum of the
others (the corrected item-total correlation), reliability Cronbach's alpha: Crocker and Algina,
Introduction to Classical and Modern Test Theory (1986), chapters 5, 7 and 14; Cronbach,
Psychometrika 16 (1951), 297-334.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from autograder.checks.finding import Check, Source
from autograder.exercises.fact import fact
from autograder.feedback.say import advice, said
from autograder.feedback.wording import counted
from autograder.grading.result import ResultFinding
from autograder.grading.student_folder import BESIDE
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.language import tr

FEWEST = 10
"""Of fewer submissions these numbers say nothing."""
EASY, HARD, WEAK = 0.9, 0.3, 0.2


@dataclass(frozen=True)
class Item:
    """A row in numbers."""

    id: str
    difficulty: float  # the mean share of its points
    discrimination: float | None  # None where everybody has the same score, in it or in the rest

    @property
    def remark(self) -> str:
        """What stands out."""
        if self.discrimination is not None and self.discrimination < 0:
            return tr("those who know the rest fail it: is the row right?")
        if self.difficulty < HARD:
            return tr("hard")
        if self.difficulty > EASY:
            return tr("easy")
        weak = self.discrimination is not None and self.discrimination < WEAK
        return tr("hardly tells who knows the rest") if weak else ""


@dataclass(frozen=True)
class Analysis:
    """The rows of an assignment in numbers."""

    papers: int  # of how many submissions
    items: tuple[Item, ...]
    reliability: float | None  # Cronbach's alpha; None where it is not defined


def analyse(papers: Sequence[Paper]) -> Analysis | None:
    """The analysis of the rows that have a score in every graded submission; None for too few."""
    graded = [paper for paper in papers if paper.result.status == "graded"]
    waiting = {line.result.id for paper in graded for line in paper.lines if line.waits}
    if len(graded) < FEWEST:
        return None
    points = {line.result.id: line.result.points for paper in graded for line in paper.lines}
    scores = [{line.result.id: line.score for line in paper.lines} for paper in graded]
    rows = [id for id in points if id not in waiting and points[id] > 0]
    rows = [id for id in rows if all(id in one for one in scores)]
    if len(rows) < 2:
        return None
    columns = {id: [one[id] for one in scores] for id in rows}
    totals = [sum(one[id] for id in rows) for one in scores]
    items = tuple(_item(id, columns[id], totals, points[id]) for id in rows)
    return Analysis(len(graded), items, cronbach_alpha(list(columns.values())))


def _item(id: str, scores: Sequence[float], totals: Sequence[float], points: float) -> Item:
    rest = [total - score for total, score in zip(totals, scores)]
    flat = min(statistics.pvariance(scores), statistics.pvariance(rest)) < 1e-12
    known = None if flat else statistics.correlation(scores, rest)
    return Item(id, statistics.fmean(scores) / points, known)


def cronbach_alpha(columns: Sequence[Sequence[float]]) -> float | None:
    """Cronbach's alpha: k/(k-1) * (1 - sum of the rows' variances / variance of the sums).

    Example:
        >>> cronbach_alpha([[1, 2, 3], [1, 2, 3]]), cronbach_alpha([[1, 1], [1, 1]])
        (1.0, None)
    """
    k = len(columns)
    whole = statistics.variance([sum(row) for row in zip(*columns)])
    if k < 2 or whole < 1e-12:
        return None
    return k / (k - 1) * (1 - sum(map(statistics.variance, columns)) / whole)


BINS = 10
SAME = "same: "
OUTCOMES = ("right", "partial", "wrong", "timeout", "unanswered", "manual")
"""How a row can end, as far as the report tells them apart; every failure is `wrong`."""


@dataclass(frozen=True)
class RowFigures:
    """How the class did on a row."""

    id: str
    points: float
    counts: dict[str, int]  # outcome -> how many submissions; all of `OUTCOMES`, in order
    mean: float | None  # mean score of those that have one, in points; None where none has

    @property
    def total(self) -> int:
        """How many submissions were judged."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class Mistake:
    """A named mistake."""

    row: str
    name: str
    says: str  # what it is, in the words of the course
    example: str  # the line in which one of them made it, where it is known
    students: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of mistake, over all rows."""

    says: str
    students: int
    # row, before, after: of the first whose line is known: where it stands, and what would do
    row: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Concern:
    """Something that needs a person."""

    title: str
    says: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class AssignmentFigures:
    """How the class did on an assignment."""

    name: str
    points: float
    scores: tuple[float, ...]  # of every submission that was handed in and has a grade, in points
    bins: tuple[int, ...]  # how many of them lie in each tenth of the points
    statuses: dict[str, int]  # status of submissions -> how many
    isolation: dict[str, int]  # isolation level -> how many submissions ran in it
    rows: tuple[RowFigures, ...]
    mistakes: tuple[Mistake, ...]
    kinds: tuple[Kind, ...]
    analysis: Analysis | None
    concerns: tuple[Concern, ...]
    missing: tuple[str, ...]
    per_student: int = 0  # how many were graded with hidden cases drawn for the student alone

    @property
    def handed_in(self) -> int:
        """How many submissions there are."""
        return sum(self.statuses.values()) - self.statuses.get("missing", 0)

    @property
    def mean(self) -> float | None:
        """The mean of the scores, in points."""
        return statistics.fmean(self.scores) if self.scores else None

    @property
    def median(self) -> float | None:
        """The median of the scores, in points."""
        return statistics.median(self.scores) if self.scores else None

    @property
    def unsafe(self) -> int:
        """How many submissions ran without isolation."""
        return self.isolation.get("none", 0)

    @property
    def waiting(self) -> int:
        """How many submissions need a person."""
        return len({student for concern in self.concerns for student in concern.students})


def figures(book: ClassBook) -> list[AssignmentFigures]:
    """The figures of every assignment, in order."""
    return [_of_assignment(name, papers) for name, papers in book.papers.items()]


def _of_assignment(name: str, papers: Sequence[Paper]) -> AssignmentFigures:
    points = max((paper.result.points for paper in papers), default=0.0)
    there = [paper for paper in papers if paper.result.status != "missing"]
    scores = tuple(paper.grade for paper in there if paper.grade is not None)
    mistakes, kinds = known(there)
    return AssignmentFigures(
        name=name,
        points=points,
        scores=scores,
        bins=_bins(scores, points),
        statuses=dict(Counter(paper.result.status for paper in papers)),
        isolation=dict(Counter(p.result.isolation for p in there if p.result.isolation)),
        rows=_rows([paper for paper in there if paper.result.status == "graded"]),
        mistakes=mistakes,
        kinds=kinds,
        analysis=analyse(there),
        concerns=_concerns(papers),
        missing=tuple(p.result.student for p in papers if p.result.status == "missing"),
        per_student=sum(paper.result.per_student for paper in there),
    )


def _bins(scores: Sequence[float], points: float) -> tuple[int, ...]:
    """How many scores lie in each tenth; full points and more belong to the last."""
    bins = [0] * BINS
    for score in scores:
        share = score / points if points > 0 else 0.0
        bins[min(max(int(share * BINS), 0), BINS - 1)] += 1
    return tuple(bins)


def _rows(papers: Sequence[Paper]) -> tuple[RowFigures, ...]:
    lines: dict[str, list[Line]] = {}
    for paper in papers:
        for line in paper.lines:
            lines.setdefault(line.result.id, []).append(line)
    return tuple(_row(id, found) for id, found in lines.items())


def _row(id: str, lines: Sequence[Line]) -> RowFigures:
    counts: Counter[str] = Counter(x.status if x.status in OUTCOMES else "wrong" for x in lines)
    scores = [line.score for line in lines if not line.waits]
    return RowFigures(
        id,
        max(line.result.points for line in lines),
        {outcome: counts[outcome] for outcome in OUTCOMES},
        statistics.fmean(scores) if scores else None,
    )


def known(papers: Iterable[Paper]) -> tuple[tuple[Mistake, ...], tuple[Kind, ...]]:
    """The mistakes that cost points and the kinds of mistake in all rows, the most frequent first.

    A mistake has a name, or is known by its kind, or several students have the same wrong numbers;
    a student counts once each.
    """
    students: dict[tuple[str, str], list[str]] = {}
    told: dict[tuple[str, str], tuple[str, str, str]] = {}
    of_kind: dict[str, set[str]] = {}
    example: dict[str, tuple[str, ResultFinding]] = {}
    for paper in (paper.whole for paper in papers):
        student = paper.result.student
        for line in paper.lines:
            id, findings = line.result.id, line.result.findings
            for finding in findings:
                if finding.kind:
                    of_kind.setdefault(finding.kind, set()).add(student)
                    if finding.explanation is not None and finding.explanation.before:
                        example.setdefault(finding.kind, (id, finding))
            if line.result.score >= line.result.points:
                continue
            same: dict[str, list[tuple[str, ResultFinding]]] = {}
            for finding in (f for f in findings if f.severity == "error" and not f.passed):
                if name := _known_by(finding):
                    label = f"{SAME}{finding.output}" if name.startswith(SAME) else name
                    same.setdefault(label, []).append((name, finding))
            for label, found in same.items():  # the same numbers are the same in every case
                numbers = "; ".join(name for name, _ in found)
                key = (id, numbers if label.startswith(SAME) else label)
                students.setdefault(key, []).append(student)
                if key not in told:
                    told[key] = _told(key[1], found[0][1])
    mistakes = (
        Mistake(key[0], *told[key], tuple(who))
        for key, who in students.items()
        if len(who) > 1 or not key[1].startswith(SAME)
    )
    kinds = (_kind(kind, len(who), example.get(kind)) for kind, who in of_kind.items())
    return (
        tuple(sorted(mistakes, key=lambda m: (-len(m.students), m.row, m.name))),
        tuple(sorted(kinds, key=lambda kind: (-kind.students, kind.says))),
    )


def _known_by(finding: ResultFinding) -> str:
    """What makes two findings the same mistake: its name, its kind, or the very numbers."""
    wrong = finding.difference
    if finding.mistake or finding.kind:
        return finding.mistake or finding.kind
    if finding.hidden or wrong is None or wrong.kind != "value" or wrong.error is None:
        return ""
    return f"{SAME}{finding.output}, {finding.case}, {wrong.index}, {wrong.got}, {wrong.error:.9g}"


def _told(name: str, finding: ResultFinding) -> tuple[str, str, str]:
    """The name of a mistake, what it is, and the line of the first student who made it."""
    explanation = finding.explanation
    example = explanation.before if explanation is not None else ""
    if name.startswith(SAME):
        return f"same {finding.output}", said(fact("report.same", name=finding.output)), example
    if explanation is None:
        return name, "", example
    says = advice(replace(explanation, where=None))
    if explanation.source is Source.REPAIR:
        says = said(fact("report.kind", kind=fact(f"kind.{finding.kind}")))
    return name, says, example


def _kind(kind: str, students: int, example: tuple[str, ResultFinding] | None) -> Kind:
    says = said(fact(f"kind.{kind}"))
    if example is None or (explanation := example[1].explanation) is None:
        return Kind(says, students)
    return Kind(says, students, example[0], explanation.before, explanation.after)


def _concerns(papers: Sequence[Paper]) -> tuple[Concern, ...]:
    """What needs a person; the same of many students is said once."""
    found: dict[tuple[str, str], list[str]] = {}
    for paper in papers:
        for concern in _of_paper(paper):
            found.setdefault(concern, []).append(paper.result.student)
    concerns = [Concern(title, says, tuple(who)) for (title, says), who in found.items()]
    return tuple(sorted(concerns, key=lambda c: (_TITLES.index(c.title), -len(c.students))))


_TITLES = (
    "failed", "stale", "unclear", "overload", "unreadable", "another", "beside", "differs",
    "elsewhere", "look again", "regrade", "by hand",
)  # fmt: skip


def _of_paper(paper: Paper) -> list[tuple[str, str]]:
    result = paper.result
    asked = [
        ("regrade", f"{one.row or tr('the whole')}{tr(': ')}{one.request}")
        for one in paper.regrades
        if not one.answer
    ]
    if result.status in ("failed", "stale", "unclear", "overload", "unreadable"):
        if not paper.decided:
            return [(result.status, result.message), *asked]
    elif result.status == "missing":
        return asked
    kind = "beside" if result.message.endswith(BESIDE) else "another"
    found = [(kind, result.message)] if result.message and not paper.decided else []
    differing = set()
    for line in paper.lines:
        for finding in line.result.findings:
            if finding.check == Check.DIFFERENCING and not finding.passed and not line.by_hand:
                found.append(("differs", finding.message))
                differing.add(line.result.id)
        if line.misplaced:
            found.append(("elsewhere", line.misplaced))
        if line.look_again:
            found.append(("look again", line.result.id))
    found += asked
    found += [("by hand", id) for id in paper.waits if id not in differing]
    return list(dict.fromkeys(found))


LOW = 0.5
FEWEST_MISSING = 2


@dataclass(frozen=True)
class Struggling:
    """Somebody who may need help."""

    student: str
    why: str
    share: float | None  # of the points of what has a grade; None where nothing has


def struggling(book: ClassBook) -> tuple[Struggling, ...]:
    """Who lacks two assignments or has less than half of the points, the furthest behind first."""
    found = [one for student, papers in book.students.items() if (one := _look(student, papers))]
    return tuple(
        sorted(found, key=lambda one: (one.share is not None, one.share or 0, one.student))
    )


def _look(student: str, papers: Mapping[str, Paper]) -> Struggling | None:
    missing = [name for name, paper in papers.items() if paper.result.status == "missing"]
    graded = [
        paper
        for paper in papers.values()
        if paper.result.status in ("graded", "unreadable") and paper.grade is not None
    ]
    # What waits for a person is no failure.
    available = sum(
        line.result.points for paper in graded for line in paper.lines if not line.waits
    )
    share = sum(paper.score for paper in graded) / available if available else None
    why = []
    if len(missing) >= FEWEST_MISSING:
        not_there = counted(len(missing), "assignment")
        why.append(tr("{assignments} not handed in").format(assignments=not_there))
    if share is not None and share < LOW:
        low = tr("{share:.0f} % of the points of what was handed in")
        why.append(low.format(share=100 * share))
    return Struggling(student, tr(", ").join(why), share) if why else None
