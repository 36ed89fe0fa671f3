"""What `autograder collect` took from which download, by assignment: `collected/<assignment>.json`.

Grading reads from it by how much a deadline is moved, giving back by which name a platform takes
a student's file.
"""

from pathlib import Path

import msgspec

from autograder.errors import GradingError
from autograder.whole import write_whole

FOLDER = "collected"


class Taken(msgspec.Struct, omit_defaults=True):
    """A submission that was taken."""

    file: str  # its path in the download
    source: str  # the format of the download
    digest: str  # SHA-256 of the notebook
    prefix: str = ""  # what stands before the name of a file that the platform takes back
    when: str = ""  # when it was handed in (ISO 8601, UTC); empty where the download does not say
    late: bool = False  # the platform says that it was late
    slip: int = 0  # the days by which the deadline is moved for this student
    group: tuple[str, ...] = ()  # the others who handed in the same file


class Collected(msgspec.Struct, omit_defaults=True):
    """All that was taken for an assignment."""

    taken: dict[str, Taken] = msgspec.field(default_factory=dict)
    due: str = ""  # the deadline (ISO 8601, UTC); empty where none was given


def read_collected(root: Path, assignment: str) -> Collected:
    """What was taken so far.

    Raises:
        GradingError: The record cannot be read.
    """
    path = root / FOLDER / f"{assignment}.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Collected)
    except FileNotFoundError:
        return Collected()
    except (OSError, ValueError) as error:
        raise GradingError(
            f"cannot read {path}: {error}. It is the record of what was collected; put back a copy "
            "of it, or remove it and collect again"
        ) from error


def write_collected(root: Path, assignment: str, collected: Collected) -> None:
    """Put the record in its place; the owner alone may read it.

    Raises:
        OSError: It cannot be written.
    """
    folder = root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    text = msgspec.json.format(msgspec.json.encode(collected), indent=1)
    write_whole(folder / f"{assignment}.json", text, mode=0o600)
