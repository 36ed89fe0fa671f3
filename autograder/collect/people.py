"""Which student of the course somebody in a download is."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.collect.formats import Claim
from autograder.errors import CourseError
from autograder.integrations.csv_text import read_csv
from autograder.integrations.hand_scores import Person

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
            for key in _keys(one):
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


def _keys(one: Enrolled) -> list[tuple[str, str]]:
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
