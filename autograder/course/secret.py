"""The secret seed of a course, from which the hidden cases are drawn."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

from autograder.errors import CourseError

BITS = 256
PRIVATE = ".secret"
VARIABLE = "AUTOGRADER_SECRET"
_DIGITS = re.compile(r"[0-9a-fA-F]{16,}")
_SEED = re.compile(rf"[0-9a-f]{{{BITS // 4}}}")


def secret_path(root: Path) -> Path:
    """Where the seed of a course lies; the variable AUTOGRADER_SECRET may name another file."""
    other = os.environ.get(VARIABLE)
    return Path(other).expanduser() if other else Path(root) / PRIVATE / "course.seed"


def private_folder(root: Path) -> Path:
    """The course's own folder for what nobody else may read; it keeps itself out of git.

    Raises:
        OSError: It cannot be made.
    """
    folder = Path(root) / PRIVATE
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="ascii")
    return folder


def secret_seed(root: Path) -> str:
    """The seed, as 64 hexadecimal digits; made on first use, readable by its owner only.

    Two processes that make it at once agree: the file appears complete, and only one appears.

    Raises:
        CourseError: When it cannot be read or written, or is damaged.
    """
    path = secret_path(root)
    try:
        if not path.exists():
            if _DIGITS.fullmatch(os.environ.get(VARIABLE, "")):
                raise CourseError(
                    f"{VARIABLE} is {len(os.environ[VARIABLE])} hexadecimal digits; expected the "
                    "name of a file. Put the seed into a file and give its path."
                )
            _create(Path(root), path)
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"cannot read or make the course's secret seed {path}: {error}. It must be a file that "
            f"you own; {VARIABLE} may name another place."
        ) from error
    if not _SEED.fullmatch(text):
        raise CourseError(
            f"the course's secret seed {path} is damaged: expected {BITS // 4} hexadecimal digits. "
            "Put the right one back; a new one (delete the file) draws other hidden cases."
        )
    return text


def existing_seed(root: Path) -> str | None:
    """The seed if there is one; nothing is made."""
    return secret_seed(root) if secret_path(root).exists() else None


def _create(root: Path, path: Path) -> None:
    if VARIABLE in os.environ:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    else:
        private_folder(root)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(BITS // 8) + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # another process was first; its seed is the seed
            _appear(beside, path)
    finally:
        beside.unlink()


def _appear(beside: Path, path: Path) -> None:
    """Give a complete file its name, unless that is taken."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(beside.read_text(encoding="ascii"))
