"""From uploads to one notebook for each student and assignment; what is unsure is told."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from autograder.collect.download import File, LeftOut, files_inside
from autograder.collect.formats import Claim, Upload
from autograder.course.folder import ASSIGNMENTS
from autograder.errors import CourseError
from autograder.feedback.wording import listed
from autograder.grading.notebook_json import SubmittedCell, UnreadableError, parse
from autograder.grading.student_folder import sounds_like
from autograder.grading.submission import normalised, read
from autograder.integrations.classbook import Person
from autograder.integrations.csv_text import read_csv

_LONGEST = 60
_WORDS = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Enrolled:
    """A line of a class list."""

    person: Person
    participant: str = ""  # Moodle's number in a grading worksheet
    github: str = ""
    group: str = ""  # with whom they hand in one file
    when: str = ""  # when Moodle says that they handed in, as it stands there


_COLUMNS = {
    "first_name": ("first_name", "first name", "given name"),
    "last_name": ("last_name", "last name", "surname", "family name"),
    "email": ("email", "email address", "e-mail"),
    "name": ("full name", "name", "student"),
    "participant": ("identifier",),
    "github": ("github_username", "github"),
    "group": ("group", "group_name", "group name"),
    "when": ("last modified (submission)",),
}
_IDS = (
    # what the header must hold -> the column of the student's id, and of the platform's number
    ({"id", "sis login id", "section"}, ("sis login id", "sis user id", "id"), "id"),  # Canvas
    ({"identifier", "full name"}, ("username", "id number", "email address", "full name"), ""),
    ({"identifier", "github_username"}, ("identifier",), ""),  # GitHub Classroom
    ({"sid", "email"}, ("sid", "email"), ""),  # Gradescope
    ({"id"}, ("id",), "lms_user_id"),  # nbgrader
)


def read_roster(path: Path) -> list[Enrolled]:
    """Read a class list: nbgrader's, Canvas's gradebook, Moodle's worksheet, Gradescope's roster.

    Raises:
        CourseError: It is none of them.
        GradingError: It cannot be read.
    """
    names, lines = read_csv(path)
    header = [name.strip().casefold() for name in names]
    kind = next(((ids, lms) for needed, ids, lms in _IDS if needed <= set(header)), None)
    if kind is None:
        raise CourseError(
            f"{path} is no class list: expected a column id (with first_name, last_name, email, "
            "lms_user_id, group), a gradebook of Canvas, a grading worksheet of Moodle or a roster "
            f"of Gradescope; its columns are {', '.join(header[:8]) or 'none'}"
        )
    found = []
    for line in lines:
        said = {name: cell.strip() for name, cell in zip(header, line)}
        one = _enrolled(said, *kind)
        if one.person.id and "points possible" not in one.person.name.casefold():
            found.append(one)
    return found


def _enrolled(said: Mapping[str, str], ids: Iterable[str], lms: str) -> Enrolled:
    def value(field: str) -> str:
        return next((said[name] for name in _COLUMNS[field] if said.get(name)), "")

    id = next((said[name] for name in ids if said.get(name)), "")
    first, last, name = value("first_name"), value("last_name"), value("name")
    if name and not (first or last):
        last, _, first = name.partition(", ") if ", " in name else ("", "", "")
        first, last = (first, last) if first else (name.rpartition(" ")[0], name.rpartition(" ")[2])
    person = Person(student_id(id), first, last, value("email"), said.get(lms, "") if lms else "")
    number = re.search(r"\d+", value("participant"))
    return Enrolled(
        person,
        participant=number[0] if number else "",
        github=value("github"),
        group=value("group"),
        when=value("when"),
    )


def student_id(text: str) -> str:
    """A student's id as the name of a folder: no separators, no dot in front, never too long.

    Example:
        >>> student_id("Ada Lovelace"), student_id("../../etc"), student_id("a.b@example.org")
        ('ada-lovelace', 'etc', 'a.b@example.org')
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"[\w@+-][\w.@+-]*", plain) and len(plain) <= _LONGEST:
        return plain
    return "-".join(_WORDS.findall(plain)).casefold()[:_LONGEST].strip("-")


@dataclass
class People:
    """Everybody who is known, and how a download may call them."""

    known: list[Enrolled]  # in the gradebook or on the class list
    notebooks: Collection[str] = ()  # names of notebooks, which are no part of a student's name
    # students in downloads whom nobody knew, as they were entered
    new: dict[str, Person] = field(default_factory=dict)
    _by: dict[tuple[str, str], str] = field(default_factory=dict)
    _groups: dict[str, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shared: set[tuple[str, str]] = set()
        for one in self.known:
            person = one.person
            for key in _given_by(one):
                if self._by.setdefault(key, person.id) != person.id:
                    shared.add(key)  # what two students share names nobody
            if one.group:
                self._groups.setdefault(one.group.casefold(), []).append(person.id)
        for key in shared:
            del self._by[key]

    def enrolled(self, student: str) -> Enrolled | None:
        """What the class list says of a student."""
        return next((one for one in self.known if one.person.id == student), None)

    def resolve(self, claims: Iterable[Claim]) -> tuple[str, ...]:
        """The students who handed in a file together; empty where the download names nobody."""
        found: dict[str, None] = {}
        for claim in claims:
            group = self._groups.get(claim.name.casefold()) or self._groups.get(claim.id.casefold())
            for student in group or [self._one(claim)]:
                partners = next((g for g in self._groups.values() if student in g), [])
                found.update(dict.fromkeys([student, *partners]))
        found.pop("", None)
        return tuple(found)

    def _one(self, claim: Claim) -> str:
        for key in _claimed(claim):
            if key in self._by:
                return self._by[key]
        bare = self._without_notebook(claim.id)
        if bare != claim.id and ("id", bare.casefold()) in self._by:
            return self._by["id", bare.casefold()]
        id = claim.id and student_id(bare or claim.id)
        id = id or student_id(f"{claim.squashed}-{claim.lms}" if claim.squashed else claim.name)
        id = id or student_id(claim.email or claim.participant)
        if id:
            first, _, last = claim.name.rpartition(" ")
            new = Person(id, first, last, claim.email, claim.lms)
            self.new[id] = replace(self.new.get(id, new))
        return id

    def _without_notebook(self, text: str) -> str:
        """A name of a file without what the course gave it: `layers_ada` is `ada`."""
        for name in sorted(self.notebooks, key=len, reverse=True):
            text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", "", text, flags=re.I)
        return text.strip(" _-.()")


def _given_by(one: Enrolled) -> list[tuple[str, str]]:
    person = one.person
    return _claimed(
        Claim(
            person.id,
            person.lms_user_id,
            one.participant,
            person.name if person.name != person.id else "",
            f"{person.last_name}{person.first_name}",
            person.email,
            one.github,
        )
    )


def _claimed(claim: Claim) -> list[tuple[str, str]]:
    """What is said of somebody, the surest first."""
    said = {
        "id": claim.id,
        "lms": claim.lms,
        "participant": claim.participant,
        "email": claim.email,
        "github": claim.github,
        "name": _plain(claim.name),
        "squashed": _squashed(claim.squashed),
    }
    return [(kind, value.casefold()) for kind, value in said.items() if value]


def _plain(name: str) -> str:
    return " ".join(_WORDS.findall(unicodedata.normalize("NFKC", name)))


def _squashed(name: str) -> str:
    """A name as Canvas squashes it."""
    return re.sub(r"\W", "", name).casefold()


_FEW = 3
"""So many cells of one assignment alone make it that one, and so many times those of another."""


@dataclass(frozen=True)
class Match:
    """What a notebook is."""

    # the one that it is; several where it may be any of them; none where it is nothing of this
    # course
    assignments: tuple[str, ...]
    untouched: bool = False  # no cell differs from those that were released
    unreadable: str = ""  # why it cannot be read; its name alone was looked at


class Matcher:
    """Knows the cells of all released notebooks.

    Args:
        sources: Assignment -> solved source, whose stem is the name of the notebook.
    """

    def __init__(self, root: Path, sources: Mapping[str, Path]) -> None:
        self._names = {name: path.stem for name, path in sources.items()}
        self._texts: set[str] = set()
        seen: dict[str, set[str]] = {}
        for name, stem in self._names.items():
            for path in sorted((root / ASSIGNMENTS).glob(f"**/{name}/{stem}.ipynb")):
                cells = read(path).cells
                self._texts |= {normalised(cell.source) for cell in cells}
                for key in _keys(cells):
                    seen.setdefault(key, set()).add(name)
        # What stands in several notebooks tells none from another.
        self._only = {key: next(iter(names)) for key, names in seen.items() if len(names) == 1}

    def match(self, raw: bytes, path: str) -> Match:
        """What the notebook with these bytes is.

        Args:
            path: Where it lay, which counts only where its cells say nothing.
        """
        try:
            cells = parse(raw)
        except UnreadableError as error:
            named = (name for name, stem in self._names.items() if sounds_like(path, name, stem))
            return Match(tuple(named), unreadable=str(error))
        counts = Counter(self._only[key] for key in _keys(cells) if key in self._only)
        likely = [name for name, count in counts.most_common() if count >= _FEW]
        if len(likely) > 1 and counts[likely[0]] < _FEW * counts[likely[1]]:
            return Match(tuple(likely))
        texts = {normalised(cell.source) for cell in cells if cell.source.strip()}
        return Match(tuple(likely[:1]), untouched=bool(likely) and texts <= self._texts)


def _keys(cells: Sequence[SubmittedCell]) -> set[str]:
    """What a cell can be known by: its ids, and its text where there is enough of it."""
    ids = {f"id {id}" for cell in cells for id in (cell.cell_id, cell.grade_id) if id}
    texts = {normalised(cell.source) for cell in cells}
    return ids | {f"text {text}" for text in texts if len(text) > 30}


POLICIES = ("last", "first", "best")
_MANY = 0.5


@dataclass(frozen=True)
class Answer:
    """A notebook that somebody handed in for an assignment."""

    students: tuple[str, ...]
    assignment: str
    name: str  # its name in the folder of submissions
    upload: Upload
    file: File
    digest: str
    match: Match
    when: datetime | None = None  # when it was handed in, in UTC; None where that is not known

    @property
    def said(self) -> str:
        """Who and what, for a list."""
        return f"{listed(self.students)} ({self.file.path})"


Best = Callable[[Sequence[Answer]], Answer]


@dataclass
class Sorting:
    """What becomes of a download."""

    # one for each student (or group) and assignment
    answers: list[Answer] = field(default_factory=list)
    # what a person should know -> whom or which file it is about
    notes: dict[str, list[str]] = field(default_factory=dict)

    def note(self, text: str, about: str) -> None:
        """Keep something to be told."""
        self.notes.setdefault(text, []).append(about)


def sort_uploads(
    uploads: Sequence[Upload],
    people: People,
    matcher: Matcher,
    notebooks: Mapping[str, str],
    only: str = "",
    policy: str = "last",
    best: Best | None = None,
    starters: bool = True,
    moment: Callable[[str], datetime | None] = lambda student: None,
) -> Sorting:
    """Say which file is whose answer to what.

    Args:
        notebooks: Assignment -> name of its notebook.
        only: The one assignment that the download is of; empty where the notebooks say it.
        policy: Which counts, of several by one student.
        best: Finds the best of several by grading them.
        starters: Whether a notebook that nobody touched is a submission.
        moment: When a student handed in, where the download itself does not say.
    """
    sorting = Sorting()
    found = list(_answers(uploads, people, matcher, sorting))
    only = only or _the_one(found)
    by_place: dict[tuple[tuple[str, ...], str], list[Answer]] = {}
    for answer in found:
        placed = _placed(answer, only, notebooks, starters, sorting)
        if placed is not None:
            if placed.when is None:
                placed = replace(placed, when=moment(placed.students[0]))
            by_place.setdefault((placed.students, placed.assignment), []).append(placed)
    for answers in by_place.values():
        chosen = _chosen(answers, policy, best, sorting)
        if chosen is not None:
            sorting.answers.append(chosen)
    return sorting


def _answers(
    uploads: Sequence[Upload], people: People, matcher: Matcher, sorting: Sorting
) -> Iterator[Answer]:
    without: dict[tuple[str, ...], list[str]] = {}
    having: set[tuple[str, ...]] = set()
    for upload in uploads:
        students = tuple(sorted(people.resolve(upload.claims)))
        if not students:
            sorting.note("nobody's: the name says no student", upload.file.path)
            continue
        without.setdefault(students, []).append(upload.file.path)
        for file, raw in _read(upload.file, sorting):
            digest = hashlib.sha256(raw).hexdigest()
            match = matcher.match(raw, file.path)
            having.add(students)
            name = file.name.removeprefix(upload.prefix)
            yield Answer(students, "", name, upload, file, digest, match, upload.when)
    for students, paths in without.items():
        if students not in having:
            sorting.note("handed in no notebook", f"{listed(students)} ({listed(paths, 2)})")


def _read(file: File, sorting: Sorting) -> Iterator[tuple[File, bytes]]:
    """The file itself where it is a notebook, those in it where it is a zip; none costs another."""
    files = [file]
    try:
        if file.name.casefold().endswith(".zip"):
            files = files_inside(file)
    except LeftOut as why:
        sorting.note(f"left out, {why}", file.path)
        return
    for one in files:
        name = one.name.casefold()
        if ".ipynb" in name and not name.endswith(".zip"):
            try:
                yield one, one.read()
            except LeftOut as why:
                sorting.note(f"left out, {why}", one.path)


def _the_one(found: Sequence[Answer]) -> str:
    """The assignment that most notebooks are of; empty where there are several."""
    are = (answer.match.assignments for answer in found)
    counts = Counter(only[0] for only in are if len(only) == 1)
    most = max(counts, key=counts.__getitem__, default="")
    return most if most and counts[most] > _MANY * len(found) and len(counts) < 3 else ""


def _placed(
    answer: Answer, only: str, notebooks: Mapping[str, str], starters: bool, sorting: Sorting
) -> Answer | None:
    """The answer with its assignment and its name there; None where it has none."""
    match, are = answer.match, answer.match.assignments
    if len(are) == 1 and are[0] != only and only:
        sorting.note(f"a notebook of {are[0]}, not of {only}: not taken", answer.said)
        return None
    if len(are) > 1 and only not in are:
        sorting.note(
            f"may be of {listed(are)}: not taken; say which with --assignment", answer.said
        )
        return None
    assignment = are[0] if len(are) == 1 else only
    if not assignment:
        sorting.note("no notebook of this course: not taken", answer.said)
        return None
    if not starters and match.untouched:
        sorting.note("as it was released, not taken", answer.said)
        return None
    if match.unreadable:
        sorting.note("cannot be read; grading says why", answer.said)
    if assignment not in are:  # for a person to look at: grading lists it as unclear
        sorting.note("has none of the released cells; kept under its own name", answer.said)
        own = re.sub(r"[^\w.() -]", "_", answer.name).lstrip(". ")[-80:] or "notebook.ipynb"
        return replace(answer, assignment=assignment, name=own)
    return replace(answer, assignment=assignment, name=f"{notebooks[assignment]}.ipynb")


def _chosen(
    answers: list[Answer], policy: str, best: Best | None, sorting: Sorting
) -> Answer | None:
    """The one of several that counts; None where nothing says which."""
    left = list({answer.digest: answer for answer in answers}.values())
    if any(not a.match.untouched for a in left):
        left = [answer for answer in left if not answer.match.untouched]
    if len(left) > 1 and any(a.match.assignments for a in left):
        left = [answer for answer in left if answer.match.assignments]
    if len(left) == 1:
        return left[0]
    who = f"{listed(left[0].students)} ({listed([a.file.path for a in left], 4)})"
    if policy == "best" and best is not None:
        sorting.note("handed in several; the best counts", who)
        return best(left)
    ranks = [(a.when or datetime.min, a.upload.order or 0) for a in left]
    if len(set(ranks)) < len(ranks):
        sorting.note(
            "handed in several, and nothing says which is the last: not taken; keep one of them in "
            "the download, or give --policy best",
            who,
        )
        return None
    sorting.note(f"handed in several; the {policy} counts", who)
    pick = min if policy == "first" else max
    return left[ranks.index(pick(ranks))]
