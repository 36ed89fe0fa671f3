"""How platforms name what they give: from the files of a download to who handed in which.

- Canvas (`lib/content_zipper.rb` of instructure/canvas-lms): all files in one folder, each
  `<name>[_LATE]_<user id>_<file id>_<name of the file>`, or `anon_<id>` for name and id.
- Moodle (`mod/assign/locallib.php`): `<full name>_<participant>_assignsubmission_file`, from 4.1 on
  a folder, before that a folder with a `_` at its end or the beginning of the file's name.
- Gradescope: a folder for each submission, and `submission_metadata.yml`, which says whose it is.
- Repositories, and any other zip or folder: a folder for each student, or the name in the file's.
"""

import itertools
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from autograder.collect.download import Download, File, LeftOut
from autograder.errors import CourseError

METADATA = "submission_metadata.yml"
_MOST_METADATA = 64 << 20
_CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_late)?_(?P<user>\d+)_(?P<file>\d+)_(?P<rest>.+)", re.I
)
_ANONYMOUS = re.compile(r"(?P<late>late_)?anon_(?P<user>[^_]+)_(?P<file>\d+)_(?P<rest>.+)", re.I)
_CANVAS_PAGE = re.compile(r"(?P<name>.+?)(?:_late)?_(?P<user>\d+)_(?P<rest>text|link)\.html", re.I)
_MOODLE = re.compile(
    r"(?P<name>.+?)_(?P<id>\d+)_assignsubmission_(?P<kind>file|onlinetext)(?:_(?P<rest>.*))?", re.I
)


@dataclass(frozen=True)
class Claim:
    """What a download says of who handed something in; every field may be empty."""

    id: str = ""  # the student's id in the course: a login, a student number
    lms: str = ""  # the platform's number of the person
    participant: str = ""  # Moodle's number, which holds for one assignment only
    name: str = ""
    squashed: str = ""  # the name as Canvas writes it: last and first name in one word
    email: str = ""
    github: str = ""  # the end of the name of a repository


@dataclass(frozen=True)
class Upload:
    """A file that somebody handed in."""

    file: File
    claims: tuple[Claim, ...]  # who; several for a group
    prefix: str = ""  # what must stand before the name of a file that the platform takes back
    when: datetime | None = None  # when, in UTC; None where the download does not say
    late: bool = False  # the platform says that it was late
    # later files of the same person have a larger number; None where that is not known
    order: int | None = None


@dataclass(frozen=True)
class Found:
    """A download that was understood."""

    name: str
    uploads: tuple[Upload, ...]
    strange: dict[str, str]  # path -> why the file belongs to nobody


Reader = Callable[[Download, Collection[str]], Found]


def understand(download: Download, assignments: Collection[str], name: str = "") -> Found:
    """Read a download.

    Args:
        assignments: The names of the course's assignments.
        name: Its format; by default it is recognised.

    Raises:
        CourseError: It is not of that format, or no format is called so.
    """
    if name and name not in FORMATS:
        raise CourseError(f"no format is called {name!r}; there are {', '.join(FORMATS)}")
    name = name or _recognised(download)
    found = FORMATS[name](download, assignments)
    if not found.uploads:
        first = [f"the first file is {file.path}" for file in download.files[:1]]
        first += [f"{path}: {why}" for path, why in list(download.left_out.items())[:1]]
        raise CourseError(
            f"nothing in this download is named as {name} names submissions "
            f"({'; '.join(first) or 'it is empty'}). Nothing was moved; give the right download, "
            "or its format with --from"
        )
    return found


def _recognised(download: Download) -> str:
    files = download.files
    if any(file.name == METADATA for file in files):
        return "gradescope"
    if _most(files, lambda file: bool(_moodle_part(file.path))):
        return "moodle"
    if _most(files, lambda f: bool(_canvas_match(f.name) or _CANVAS_PAGE.fullmatch(f.name))):
        return "canvas"
    return "repositories" if len(download.repositories - {"."}) > 1 else "zip"


def _most(files: Sequence[File], fits: Callable[[File], bool]) -> bool:
    return bool(files) and sum(map(fits, files)) > 0.8 * len(files)


def _canvas_match(name: str) -> re.Match[str] | None:
    return _ANONYMOUS.fullmatch(name) or _CANVAS.fullmatch(name)


def _canvas(download: Download, assignments: Collection[str]) -> Found:
    uploads, strange = [], {}
    for file in download.files:
        found = _canvas_match(file.name)
        if found is None:
            page = _CANVAS_PAGE.fullmatch(file.name)
            why = f"a {page['rest']}, no file" if page else "not named as Canvas names files"
            strange[file.path] = why
            continue
        user, late = found["user"], bool(found["late"])
        anonymous = found.re is _ANONYMOUS
        claim = Claim(lms=user, squashed=f"anon_{user}" if anonymous else found["name"])
        # Canvas takes a file back by these two numbers, whatever else the name says.
        prefix = file.name[: found.start("rest")]
        uploads.append(Upload(file, (claim,), prefix, None, late, int(found["file"])))
    return Found("canvas", tuple(uploads), strange)


def _moodle_part(path: str) -> re.Match[str] | None:
    return next((m for part in path.split("/") if (m := _MOODLE.fullmatch(part))), None)


def _moodle(download: Download, assignments: Collection[str]) -> Found:
    uploads, strange = [], {}
    for file in download.files:
        found = _moodle_part(file.path)
        if found is None or found["kind"].lower() != "file":
            strange[file.path] = "a text, no file" if found else "not named as Moodle names files"
            continue
        # Moodle splits what it takes back at every underscore: there is none in a name.
        name = found["name"].replace("_", " ")
        claim = Claim(participant=found["id"], name=name)
        prefix = f"{name}_{found['id']}_assignsubmission_file_"
        uploads.append(Upload(file, (claim,), prefix))
    return Found("moodle", tuple(uploads), strange)


def _gradescope(download: Download, assignments: Collection[str]) -> Found:
    top, known = _metadata(download)
    uploads, strange = [], {}
    for file in download.files:
        folder, _, rest = file.path.removeprefix(top).partition("/")
        about = known.get(folder)
        if not rest or not isinstance(about, dict):
            if file.name != METADATA:
                strange[file.path] = f"{METADATA} does not say whose it is"
            continue
        claims = tuple(_gradescope_claim(one) for one in _listed(about.get(":submitters")))
        if claims:
            when = _moment(about.get(":created_at"))
            uploads.append(Upload(file, claims, when=when))
        else:
            strange[file.path] = f"{METADATA} names no submitter"
    return Found("gradescope", tuple(uploads), strange)


def _metadata(download: Download) -> tuple[str, dict[str, Any]]:
    """The folder in which the metadata lie, and what they say by folder."""
    import yaml

    file = next((f for f in download.files if f.name == METADATA), None)
    if file is None:
        raise CourseError(
            f"there is no {METADATA} in it, which Gradescope puts into its export; use "
            "Review Grades > Export Submissions"
        )
    try:
        raw = file.read()
        if len(raw) > _MOST_METADATA:
            raise LeftOut(f"it is larger than {_MOST_METADATA >> 20} MB")
        known = yaml.safe_load(raw)
    except (yaml.YAMLError, LeftOut, ValueError, RecursionError) as error:
        raise CourseError(f"{file.path} cannot be read: {error}; export it again") from error
    if not isinstance(known, dict):
        raise CourseError(f"{file.path} is no list of submissions; export it again")
    return file.path.removesuffix(METADATA), {str(key): value for key, value in known.items()}


def _gradescope_claim(one: Any) -> Claim:
    about = one if isinstance(one, dict) else {}
    said = {key: str(about.get(f":{key}") or "").strip() for key in ("sid", "name", "email")}
    return Claim(id=said["sid"], name=said["name"], email=said["email"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _moment(value: Any) -> datetime | None:
    """A time of YAML, in UTC without a zone, as nbgrader keeps it."""
    from autograder.integrations.nbgrader.timestamps import parse_timestamp

    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if isinstance(value, date) or value is None:
        return None
    try:
        return parse_timestamp(re.sub(r"(\.\d{6})\d+", r"\1", str(value)))
    except ValueError:
        return None


def _folders(download: Download, assignments: Collection[str]) -> Found:
    """A folder for each student; a file that lies in none says in its name whose it is."""
    split = [_owner(file, assignments) for file in download.files]
    while split and all(len(parts) > 2 for parts in split) and len({p[0] for p in split}) == 1:
        split = [parts[1:] for parts in split]  # a folder around everything
    folders = [parts[0] for parts in split if len(parts) > 1]
    shared = _shared(folders) if download.repositories - {"."} else ""
    uploads = []
    for file, parts in zip(download.files, split):
        owner = parts[0].removeprefix(shared) if len(parts) > 1 else parts[0].rpartition(".")[0]
        uploads.append(Upload(file, (Claim(id=owner, github=owner),)))
    name = "repositories" if download.repositories - {"."} else "zip"
    return Found(name, tuple(uploads), {})


def _owner(file: File, assignments: Collection[str]) -> list[str]:
    """The parts of its path without those that name an assignment."""
    parts = file.path.split("/")
    return [part for part in parts[:-1] if part not in assignments] + [parts[-1]]


def _shared(folders: Sequence[str]) -> str:
    """What all repositories' names begin with: GitHub Classroom puts the assignment there.

    Example:
        >>> _shared(["layers-2026-ada", "layers-2026-bela"]), _shared(["ada", "adam"])
        ('layers-2026-', '')
    """
    if len(set(folders)) < 2:
        return ""
    alike = itertools.takewhile(lambda signs: len(set(signs)) == 1, zip(*folders))
    prefix, dash, _ = "".join(signs[0] for signs in alike).rpartition("-")
    return prefix + dash


FORMATS: dict[str, Reader] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "gradescope": _gradescope,
    "zip": _folders,
    "repositories": _folders,
}
