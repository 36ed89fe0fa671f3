"""Scores as tables: CSV, plain, for Canvas and for Moodle; Markdown for a GitHub Actions job."""

from collections.abc import Callable, Sequence

from autograder.feedback.markdown import inline
from autograder.feedback.wording import counted, points
from autograder.integrations.classbook import ClassBook, Paper, Person
from autograder.integrations.csv_text import Cell, rounded, table

LARGEST = 1_000_000
"""GitHub takes 1 MiB for the summary of a step (docs.github.com, "Workflow commands")."""


def github_markdown(book: ClassBook) -> str:
    """A table for each assignment: append it to `$GITHUB_STEP_SUMMARY`.

    Every name is escaped: none is a mention, a link or a tag. Lines that would make the summary
    longer than GitHub takes are left out, and it says so.
    """
    lines: list[str] = []
    size = left_out = 0
    for assignment, papers in book.papers.items():
        lines += [f"## {inline(assignment)}", ""]
        lines += ["| student | status | score | points | to mend |", "|---|---|---:|---:|---|"]
        for paper in papers:
            line = _line(paper)
            size += len(line.encode("utf-8")) + 1
            if size > LARGEST:
                left_out += 1
            else:
                lines.append(line)
        lines.append("")
    if left_out:
        lines.append(f"{counted(left_out, 'submission')} left out: a summary has its limit.")
    return "\n".join(lines) + "\n"


def _line(paper: Paper) -> str:
    result = paper.result
    changes = f" ({paper.changes})" if paper.changes else ""
    cells = (
        inline(result.student),
        inline(result.status),
        paper.shown + changes,
        points(result.points),
        inline(_to_mend(paper)),
    )
    return f"| {' | '.join(cells)} |"


def _to_mend(paper: Paper) -> str:
    if paper.result.status == "missing":
        return ""
    if paper.result.status != "graded":
        return paper.result.message
    wrong = [line.result.id for line in paper.lines if line.status not in ("right", "manual")]
    said = ", ".join(wrong) if len(wrong) <= 4 else f"{len(wrong)} rows"
    return f"{said}; needs a person: {', '.join(paper.misplaced)}" if paper.misplaced else said


Line = Sequence[Cell]


def submissions_csv(book: ClassBook) -> str:
    """A line for every submission; `score` is empty where no grade stands."""
    header = (
        "student", "first_name", "last_name", "email", "assignment", "status", "score", "points",
        "by_hand", "late_penalty", "rows_to_grade_by_hand", "isolation", "rows_to_look_at",
    )  # fmt: skip
    lines: list[Line] = [header]
    for paper in book.all():
        lines.append(
            [
                *_identity(paper.person),
                paper.result.assignment,
                paper.result.status,
                rounded(paper.grade),
                paper.result.points,
                "yes" if paper.by_hand else "no",
                rounded(paper.penalty),
                " ".join(paper.waits),
                paper.result.isolation,
                " ".join(paper.misplaced),
            ]
        )
    return table(lines)


def rows_csv(book: ClassBook) -> str:
    """A line for every row of every submission, with exact scores; none where no grade stands."""
    header = (
        "student", "first_name", "last_name", "email", "assignment", "row", "status", "score",
        "points", "by_hand", "mistakes", "needs_a_person",
    )  # fmt: skip
    lines: list[Line] = [header]
    for paper in book.all():
        for line in paper.whole.lines:
            named = [f.mistake for f in line.result.findings if f.mistake and not f.passed]
            lines.append(
                [
                    *_identity(paper.person),
                    paper.result.assignment,
                    line.result.id,
                    line.status if paper.result.status == "graded" else paper.result.status,
                    None if paper.grade is None or line.result.id in paper.waits else line.score,
                    line.result.points,
                    "yes" if line.by_hand else "no",
                    " ".join(dict.fromkeys(named)),
                    line.misplaced,
                ]
            )
    return table(lines)


def canvas_csv(book: ClassBook) -> str:
    """A gradebook for Canvas: Grades > Import.

    Canvas (`lib/gradebook_importer.rb` of instructure/canvas-lms) wants the columns Student and ID
    first, optionally SIS User ID and SIS Login ID, then Section as the last before the assignments.
    It finds a student by ID, then by the SIS ids, then by the name. A line whose first cell holds
    "Points Possible" gives the points. An assignment is found by "Title (id)", or by its title;
    others are offered as new ones. Empty cells are no grades, and change nothing. The separator is
    guessed from the first lines, so semicolons are no danger in quoted cells.
    """
    header = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
    most = [max((p.result.points for p in whole), default=0.0) for whole in book.papers.values()]

    def line(student: str, person: Person) -> Line:
        name = ", ".join(part for part in (person.last_name, person.first_name) if part)
        return name or student, person.lms_user_id, "", student, ""

    return _by_student(book, header, line, ("    Points Possible", "", "", "", "", *most))


def moodle_csv(book: ClassBook) -> str:
    """Grades for Moodle: Grades > Import > CSV file, mapped by username, ID number or e-mail.

    Moodle's import (docs.moodle.org, "Grade import") takes any columns and asks which is which; a
    header that equals the name of a grade item is easiest to map. The worksheet of an assignment
    ("offline grading", `mod/assign/feedback/offline/importgradeslib.php` of moodle/moodle) can't be
    made here: its Identifier column holds numbers that only Moodle knows, so a downloaded one is
    filled in instead, see `worksheet`.
    """
    header = ("Username", "ID number", "First name", "Last name", "Email address")

    def line(student: str, person: Person) -> Line:
        return student, person.lms_user_id, person.first_name, person.last_name, person.email

    return _by_student(book, header, line)


def _identity(person: Person) -> Line:
    return person.id, person.first_name, person.last_name, person.email


def _by_student(
    book: ClassBook, header: Line, line: Callable[[str, Person], Line], *more: Line
) -> str:
    """A line for each student, with a column for each assignment."""
    names = list(book.papers)
    lines: list[Line] = [(*header, *names), *more]
    for student, papers in book.students.items():
        grades = [rounded(papers[name].grade) if name in papers else None for name in names]
        lines.append((*line(student, next(iter(papers.values())).person), *grades))
    return table(lines)
