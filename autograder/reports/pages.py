"""The pages as HTML. Whatever comes from a student is escaped, and can drive no terminal."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from msgspec import structs

from autograder.course.translated import course_speaks
from autograder.errors import GradingError
from autograder.feedback.blocks import as_html, plain
from autograder.feedback.story import card
from autograder.feedback.wording import VERDICTS, counted, listed, points
from autograder.grading.result import ResultRow
from autograder.integrations.classbook import ClassBook, Line, Paper
from autograder.integrations.csv_text import file_name
from autograder.integrations.read_class import place
from autograder.language import said, spoken, tr
from autograder.reports.figures import OUTCOMES, Concern, figures, struggling
from autograder.whole import write_changed

FOLDER = "reports"
INDEX = "index.html"
STUDENTS = "students"
GENERATOR = b'<meta name="generator" content="autograder report">'
"""What our pages say of themselves; no other file is ever removed."""


def leave_report(book: ClassBook, results: Path, out: Path | None = None) -> str:
    """Write the report of a class that was read, and say where it is.

    Args:
        results: The folder of results, relative to the course.
        out: The folder for the pages; by default `reports/` beside the results.

    Raises:
        GradingError: It cannot be written.
    """
    root, _ = place()
    folder = root / out if out is not None else (root / results).parent / FOLDER
    with course_speaks(root):
        pages = write_report(book, folder, datetime.now())
    index = folder / INDEX
    index = index.relative_to(root) if index.is_relative_to(root) else index
    text = tr("Report: {index}, and {students}")
    lines = [text.format(index=index, students=counted(pages, "student"))]
    text = tr("The report says: {note}")
    lines += [text.format(note=said(note)) for note in (*book.notes, *book.asides)]
    if book.damaged:
        text = tr("Damaged and left out: {files}")
        lines.append(text.format(files=listed([str(p) for p in book.damaged], 3)))
    return plain("\n".join(lines))


def write_report(book: ClassBook, out: Path, made: datetime | None = None) -> int:
    """Write the page of the class and one for each student; pages of others are removed.

    Args:
        out: The folder; made when there is none, for the owner's eyes only.

    Returns:
        How many students have a page.

    Raises:
        GradingError: It cannot be written.
    """
    try:
        for folder in (*reversed(out.parents), out, out / STUDENTS):
            if not folder.is_dir():
                folder.mkdir(mode=0o700)
        students = {who: papers for who, papers in book.students.items() if has_page(papers)}
        kept = {page_name(student) for student in students}
        for student, papers in students.items():
            page = student_page(student, papers).encode("utf-8", "replace")
            write_changed(out / STUDENTS / page_name(student), page)
        write_changed(out / INDEX, class_page(book, made).encode("utf-8", "replace"))
        for there in (out / STUDENTS).glob("*.html"):
            if there.name not in kept and GENERATOR in there.read_bytes()[:1000]:
                there.unlink()
    except OSError as error:
        raise GradingError(
            f"cannot write the report to {out}: {error.strerror or error}. The results are kept; "
            "give another folder: autograder report --out DIR"
        ) from error
    return len(kept)


if TYPE_CHECKING:
    from markdown_it import MarkdownIt

_TAGS = frozenset({
    "p", "br", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "a",
    "table", "thead", "tbody", "tr", "th", "td",
})  # fmt: skip
_SCHEMES = frozenset({"https", "mailto"})


def comment(text: str) -> Markup:
    """The comment as HTML: no markup of its own, no pictures, links only to https and mail.

    Example:
        >>> print(comment("See *this*: <script>"))
        <p>See <em>this</em>: &lt;script&gt;</p>
    """
    import bleach  # most pages have no comment

    made = _markdown().render(plain(text))
    clean = bleach.clean(
        made, tags=_TAGS, attributes={"a": ["href"]}, protocols=_SCHEMES, strip=True
    )
    return Markup(clean.strip())


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    # Headings would stand in the outline of the page, pictures would need a network.
    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    return made.enable(["table", "strikethrough"]).disable(["heading", "lheading", "image", "hr"])


SHOWN_STUDENTS = 24
SHOWN_MISTAKES = 12

STATUSES = {
    "graded": "graded",
    "missing": "nothing handed in",
    "unreadable": "cannot be read",
    "unclear": "handed in, but not as this notebook",
    "overload": "too much work for the grader",
    "failed": "grading failed",
    "stale": "old score, what lies there now has none",
}
LEGEND = {
    "right": "right",
    "partial": "partly right",
    "wrong": "wrong or failed",
    "timeout": "ran out of time",
    "unanswered": "not written",
    "manual": "to be graded by hand",
}
CONCERNS = {
    "failed": ("Grading failed", "The grader could not do its work; run it again."),
    "stale": ("Old scores", "Grading anew gave none: the score belongs to an earlier submission."),
    "unclear": (
        "Handed in, but not the notebook under its name",
        "No score until a person has looked at what lies there.",
    ),
    "overload": ("Too much work for the grader", "No score until a person has looked at it."),
    "unreadable": ("Cannot be read", "They count 0 points. Ask for the notebook again."),
    "another": ("Another notebook", "They count 0 points. Ask for the right notebook."),
    "differs": (
        "Numerical differentiation",
        "A person decides in the gradebook; until then these rows count 0.",
    ),
    "elsewhere": (
        "Written, but where it does not count",
        "These rows count 0. Whoever finds them worth more gives a score in the gradebook.",
    ),
    "look again": (
        "Changed since it was graded by hand",
        "The answer, its verdict or its points changed. Does the score still hold?",
    ),
    "beside": ("Several notebooks", "The one in its place was graded. Is it the right one?"),
    "regrade": ("Asked to be looked at again", "Write the answer into regrades.csv."),
    "by hand": ("To be graded by hand", "They count 0 until the gradebook has a score."),
}


def page_name(student: str) -> str:
    """The file name of a student's page."""
    return f"{file_name(student)}.html"


def class_page(book: ClassBook, made: datetime | None = None) -> str:
    """The page of the class."""
    found = figures(book)
    script, script_hash = _script()
    students = book.students
    return (
        _templates()
        .get_template("class.html")
        .render(
            book=book,
            assignments=found,
            made=made,
            students=students,
            names_of={
                who: next(iter(papers.values())).person.name for who, papers in students.items()
            },
            help=struggling(book),
            script=script,
            script_hash=script_hash,
        )
    )


@cache
def _script() -> tuple[Markup, str]:
    """The only script that a page may run, and its hash for the page's own policy."""
    text = files("autograder.reports").joinpath("templates", "table.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Markup(text), f"sha256-{digest}"


def student_page(student: str, papers: Mapping[str, Paper]) -> str:
    """The page of a student.

    Args:
        papers: Assignment -> submission.
    """
    papers = {name: paper.whole for name, paper in papers.items()}
    graded = [paper for paper in papers.values() if paper.grade is not None]
    return (
        _templates()
        .get_template("student.html")
        .render(
            student=student,
            person=next(iter(papers.values())).person,
            papers=papers,
            earned=sum(paper.score for paper in graded),
            available=sum(paper.result.points for paper in graded),
            waits=sum(len(paper.waits) for paper in graded),
            to_mend=_to_mend,
            right=_right,
        )
    )


def has_page(papers: Mapping[str, Paper]) -> bool:
    """Whether a student gets a page: who handed in nothing at all does not."""
    return any(paper.result.status != "missing" for paper in papers.values())


def _is_quiet(line: Line) -> bool:
    """Whether nothing is to be said but that it is right."""
    return line.status == "right" and not line.notes


def _to_mend(paper: Paper) -> list[Markup]:
    """The rows of which there is something to say, those that lost most first."""
    lines = [line for line in paper.lines if not _is_quiet(line)]
    return [_row(line) for line in sorted(lines, key=lambda line: line.score - line.result.points)]


def _right(paper: Paper) -> list[tuple[str, Markup]]:
    return [(line.result.id, _row(line)) for line in paper.lines if _is_quiet(line)]


def _row(line: Line) -> Markup:
    """A row of the page; most of a class get one of few."""
    if line == Line(line.result):
        said = structs.replace(line.result, digest="")
        return _found(msgspec.msgpack.encode(said), spoken())
    below = Markup("")
    if line.comment:
        below = Markup('<div class="comment"><b>{}</b> {}</div>').format(
            tr("Comment:"), comment(line.comment)
        )
    return _verdict(line) + below


@lru_cache(maxsize=1024)
def _found(row: bytes, language: str) -> Markup:
    return _verdict(Line(msgspec.msgpack.decode(row, type=ResultRow)))


def _verdict(line: Line) -> Markup:
    notes = line.decisions
    if line.result.status == "unanswered" and not line.by_hand:
        # What to do next stands in the notebook; here only a function that is gone is news.
        missing = [f for f in line.result.findings if f.check == "failure:missing"]
        why = [line.misplaced] if line.misplaced else [f.message for f in missing[:1]]
        notes = notes or why
        blocks = card(replace(line.verdict, findings=()), notes=notes)
        return Markup(as_html(blocks[: 1 + len(notes)]))
    return Markup(as_html(card(line.verdict, notes=notes)))


def page_of(template: str, **values: Any) -> str:
    """A page of another room, in the same form."""
    return _templates().get_template(template).render(**values)


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("autograder.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        points=lambda value: "–" if value is None else points(value),
        percent=_percent,
        filled=_filled,
        code=lambda text: _filled(Markup("<code>{text}</code>"), text=text),
        page=page_name,
        counted=counted,
        said=said,
        sentence=lambda text: text[:1].upper() + text[1:],
        total=_total,
        comment=comment,
        by_title=_by_title,
        ceiling=_ceiling,
        people=lambda concerns: {student for c in concerns for student in c.students},
        order=lambda paper: "" if paper is None or paper.grade is None else f"{paper.grade:g}",
        total_order=lambda papers: f"{sum(paper.grade or 0 for paper in papers.values()):g}",
    )
    made.globals.update(
        STATUSES=STATUSES, OUTCOMES=OUTCOMES, LEGEND=LEGEND, CONCERNS=CONCERNS, VERDICTS=VERDICTS,
        has_page=has_page, tr=tr, spoken=spoken,
        SHOWN_STUDENTS=SHOWN_STUDENTS, SHOWN_MISTAKES=SHOWN_MISTAKES,
    )  # fmt: skip
    return made


def _by_title(concerns: Sequence[Concern]) -> list[tuple[str, list[Concern]]]:
    """Concerns of one kind together, in their order."""
    found: dict[str, list[Concern]] = {}
    for concern in concerns:
        found.setdefault(concern.title, []).append(concern)
    return list(found.items())


def _ceiling(most: int) -> int:
    """A round number of students for the top of an axis."""
    return next(d * 10**power for power in range(12) for d in (1, 2, 5) if d * 10**power >= most)


def _total(papers: Mapping[str, Paper]) -> str:
    """What a student has in all; `+ ?` where a person has still to give points."""
    graded = [paper for paper in papers.values() if paper.grade is not None]
    if not graded:
        return "–"
    earned = points(sum(paper.score for paper in graded))
    waits = any(paper.waits for paper in graded)
    return f"{earned}\u00a0+\u00a0?" if waits else earned


def _percent(some: float | None, whole: float) -> str:
    return f"{100 * some / whole:.0f} %" if some is not None and whole else "–"


def _filled(text: str, /, **values: Any) -> Markup:
    """A sentence with its gaps filled; whatever is no markup is escaped and made harmless."""
    return Markup.escape(text).format(**{name: _harmless(value) for name, value in values.items()})


def _harmless(value: Any) -> Any:
    """Text without control characters and without marks that turn its direction."""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value
