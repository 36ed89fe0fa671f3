"""Downloads of a class as the platforms make them, imitated from their sources and documentation.

Canvas: `lib/content_zipper.rb`; Moodle: `mod/assign/locallib.php` and
`feedback/file/importziplib.php`; Gradescope: Review Grades > Export Submissions.
"""

import io
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Student:
    id: str
    first: str
    last: str
    number: int
    when: datetime = datetime(2026, 5, 8, 20, 0)
    late: bool = False

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


Handed = Sequence[tuple[Student, Mapping[str, bytes]]]  # name of the file -> its bytes


def canvas(handed: Handed) -> dict[str, bytes]:
    files = {}
    for place, (who, given) in enumerate(handed):
        name = "".join(c for c in f"{who.last}{who.first}".lower() if c.isalnum())
        late = "_LATE" if who.late else ""
        for turn, (file, raw) in enumerate(given.items()):
            files[f"{name}{late}_{who.number}_{9_000_000 + 10 * place + turn}_{file}"] = raw
    return files


def moodle(handed: Handed, folders: bool = True) -> dict[str, bytes]:
    between = "/" if folders else "_"
    return {
        f"{who.name}_{70_000 + who.number}_assignsubmission_file{between}{file}": raw
        for who, given in handed
        for file, raw in given.items()
    }


def worksheet(students: Sequence[Student], points: float) -> str:
    """Moodle's grading worksheet."""
    lines = [
        "Identifier,Full name,ID number,Email address,Status,Grade,Maximum Grade,"
        "Grade can be changed,Last modified (submission),Last modified (grade),Feedback comments"
    ]
    for who in students:
        when = who.when.strftime("%A, %-d %B %Y, %-I:%M %p")
        lines.append(
            f"Participant {70_000 + who.number},{who.name},{who.id},{who.id}@example.org,"
            f'Submitted for grading - ,,{points:.2f},Yes,"{when}",-,'
        )
    return "\r\n".join(lines) + "\r\n"


def gradescope(handed: Sequence[tuple[Sequence[Student], Mapping[str, bytes]]]) -> dict[str, bytes]:
    top, files, said = "assignment_4711_export", {}, []
    for place, (group, given) in enumerate(handed):
        folder = f"submission_{300_000 + place}"
        said.append(f"{folder}:\n  :submitters:")
        for who in group:
            said.append(f"  - :name: {json.dumps(who.name)}\n    :sid: {json.dumps(who.id)}")
            said.append(f"    :email: {json.dumps(who.id + '@example.org')}")
        said.append(f"  :created_at: {group[0].when.isoformat(' ')}.123456789 Z")
        said.append("  :score: 0.0\n  :status: processed\n  :history: []")
        files.update({f"{top}/{folder}/{file}": raw for file, raw in given.items()})
    files[f"{top}/submission_metadata.yml"] = ("---\n" + "\n".join(said) + "\n").encode()
    return files


def repositories(handed: Handed, prefix: str = "layers-2026-") -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for who, given in handed:
        files[f"{prefix}{who.id}/.git/HEAD"] = b"ref: refs/heads/main\n"
        files.update({f"{prefix}{who.id}/homework/{file}": raw for file, raw in given.items()})
    return files


def zipped(files: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, raw in files.items():
            archive.writestr(path, raw)
    return made.getvalue()


def as_zip(files: Mapping[str, bytes], place: Path) -> Path:
    path = place.with_suffix(".zip")
    path.write_bytes(zipped(files))
    return path


def as_folder(files: Mapping[str, bytes], place: Path) -> Path:
    for path, raw in files.items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(raw)
    return place


Form = Callable[[Mapping[str, bytes], Path], Path]
