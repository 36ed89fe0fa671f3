"""`autograder collect`: from a platform's download to the folder of submissions."""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from autograder.collect.best import best_by_grading
from autograder.collect.download import open_download
from autograder.collect.formats import understand
from autograder.collect.placing import Placed, Terms, clear_staging, place
from autograder.collect.sorting import (
    POLICIES,
    Enrolled,
    Matcher,
    People,
    Sorting,
    read_roster,
    sort_uploads,
)
from autograder.course import find_course_root, load_course
from autograder.errors import CourseError
from autograder.feedback.wording import counted, listed
from autograder.integrations.classbook import Person, read_hand_scores
from autograder.integrations.exports.note import Note
from autograder.integrations.exports.worksheet import must_be_of
from autograder.integrations.nbgrader.config import read_settings
from autograder.integrations.nbgrader.gradebook import explained, open_gradebook, together
from autograder.integrations.nbgrader.timestamps import parse_timestamp
from autograder.language import tr


def collect(
    source: Path,
    format: str = "",
    assignment: str = "",
    policy: str = "last",
    roster: Path | None = None,
    due: str = "",
    slip_days: int = 0,
    submitted: Path = Path("submitted"),
    gradebook: str | None = None,
    dry: bool = False,
    verbose: bool = False,
) -> list[str]:
    """Sort a download into the folder of submissions; the options are those of the command.

    Returns:
        What was done (or would be), and what a person should know, line by line.

    Raises:
        CourseError: The download, the class list or an option is wrong; nothing was moved.
        GradingError: Something cannot be read or written.
    """
    root = find_course_root()
    course = load_course(root)
    if assignment:
        (assignment,) = course.chosen([assignment])
    if policy not in POLICIES:
        raise CourseError(f"no policy is called {policy!r}; there are {', '.join(POLICIES)}")
    zone = str(read_settings(root).config.Exchange.get("timezone", "UTC"))
    try:
        until = parse_timestamp(due, zone) if due else None
    except ValueError as error:
        raise CourseError(
            f"--due {due!r} is not sure to be a time ({error}); write '2026-05-08 22:00 UTC'"
        ) from error
    if slip_days and until is None:
        raise CourseError("slip days are counted from a deadline; give it with --due")
    download = open_download(source)
    found = understand(download, course.sources, format)
    notebooks = {name: path.stem for name, path in course.sources.items()}
    enrolled = read_roster(roster) if roster is not None else []
    if roster is not None:
        numbers = {claim.participant for upload in found.uploads for claim in upload.claims}
        must_be_of(roster, {one.participant for one in enrolled} - {""}, numbers - {""})
    there = {one.person.id for one in enrolled}
    known = read_hand_scores(root, gradebook).people.values()
    others = [Enrolled(person) for person in known if person.id not in there]
    people = People([*enrolled, *others], {*notebooks, *notebooks.values()})
    sorting = sort_uploads(
        found.uploads, people, Matcher(root, course.sources), notebooks, assignment,
        policy, best_by_grading(course), starters=found.name != "repositories",
        moment=_moments(people, zone),
    )  # fmt: skip
    for path, why in {**download.left_out, **found.strange}.items():
        sorting.note(f"left out, {why}", path)
    if not sorting.answers:
        told = _told(sorting, verbose)
        raise CourseError("\n".join(["no notebook can be taken; nothing was moved", *told]))
    taken = {student for answer in sorting.answers for student in answer.students}
    _of_this_course(taken, there, roster)
    terms = Terms(root, root / submitted, found.name, policy, until, slip_days)
    if not dry:
        clear_staging(terms.submitted)
    placed = place(sorting.answers, terms, list(course.sources), dry=dry)
    new = [people.new[student] for student in people.new if student in taken]
    lines = [
        tr("{platform}: {files} of {students}").format(
            platform=found.name,
            files=counted(len(found.uploads), "file"),
            students=counted(len(taken), "student"),
        )
    ]
    lines += _done(placed, submitted, dry)
    lines += _told(sorting, verbose)
    if enrolled and new:
        names = [person.id for person in new]
        lines.append(Note("not on the class list, taken all the same", names).told(verbose))
    if not any(answer.when for answer in sorting.answers):
        lines.append("The download has no times: late is who bears the platform's own mark.")
    if dry:
        return [*lines, tr("Nothing was moved. Without --dry-run it is.")]
    _enter(root, gradebook, [*(one.person for one in enrolled), *new])
    return lines


def _of_this_course(taken: Collection[str], roster: Collection[str], path: Path | None) -> None:
    """A class list enters everybody who is on it.

    Raises:
        CourseError: Most of those who handed in are not on it.
    """
    strangers = sorted(set(taken) - set(roster))
    if roster and len(strangers) > len(taken) / 2:
        raise CourseError(
            f"{path} seems to be the class list of another course: of {len(taken)} who handed in, "
            f"{len(strangers)} are not on it ({listed(strangers, 3)}). Nothing was moved; give "
            "this course's list, or leave --roster out"
        )


def _moments(people: People, zone: str) -> Callable[[str], datetime | None]:
    """When a student handed in, as a worksheet of Moodle says; its clock is that of the course."""

    def moment(student: str) -> datetime | None:
        one = people.enrolled(student)
        if one is None or not any(sign.isdigit() for sign in one.when):
            return None
        try:
            return parse_timestamp(f"{one.when} {zone}", zone)
        except ValueError:
            return None

    return moment


def _done(placed: Placed, submitted: Path, dry: bool) -> list[str]:
    lines = []
    kinds = {
        "new": tr("{count} new"),
        "replaced": tr("{count} replaced by a later one"),
        "unchanged": tr("{count} there already"),
        "kept": tr("{count} left as they are: what stands counts"),
    }
    whole = tr("{name}: {what} (went to {folder})")
    if dry:
        whole = tr("{name}: {what} (would go to {folder})")
    for name, counts in sorted(placed.counts.items()):
        parts = [text.format(count=counts[k]) for k, text in kinds.items() if counts[k]]
        folder = f"{submitted}/STUDENT/{name}/"
        lines.append(whole.format(name=name, what=", ".join(parts), folder=folder))
        if name in placed.late:
            lines.append(f"  {Note('late', placed.late[name]).told()}")
        if name in placed.slipped:
            days = [f"{who} {counted(n, 'day')}" for who, n in placed.slipped[name].items()]
            lines.append(f"  {Note('use slip days', days).told()}")
    lines += [Note(f"not moved, {why}", who).told() for why, who in placed.refused.items()]
    return lines


def _told(sorting: Sorting, verbose: bool) -> list[str]:
    return [Note(text, about).told(verbose) for text, about in sorting.notes.items()]


def _enter(root: Path, gradebook: str | None, people: Sequence[Person]) -> None:
    """Let the gradebook know who is there, so that absentees are listed and pages have names."""
    if not people:
        return
    settings = read_settings(root, gradebook)
    url = settings.gradebook
    with open_gradebook(url, settings.course_id) as book, explained(url):
        from nbgrader.api import Student

        def write() -> None:
            known = {student.id: student for student in book.students}
            for person in people:
                student = known.setdefault(person.id, Student(id=person.id))
                for field in ("first_name", "last_name", "email", "lms_user_id"):
                    if getattr(person, field):
                        setattr(student, field, getattr(person, field))
                book.db.add(student)
            book.db.commit()

        together(book.db, write)
