"""Look into a download, a zip or a folder, without unpacking it: no name in it becomes a path."""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from autograder.errors import CourseError, GradingError
from autograder.grading.result import writable_name
from autograder.grading.student_folder import is_dropping
from autograder.grading.submission import MAX_BYTES

MOST_FILES = 50_000
MOST_BYTES = 8 << 30
"""A class of 300 with ten notebooks of 2 MB each takes 6 GB."""
_FOLDERS = frozenset({"node_modules", "__pycache__", "venv"})
REPOSITORY = ".git"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError)


class LeftOut(Exception):
    """A file of a download that cannot be used; the text says why."""


@dataclass(frozen=True)
class File:
    """A file in a download."""

    path: str  # from the top of the download, with `/`
    read: Callable[[], bytes] = field(compare=False, repr=False)  # its bytes; raises `LeftOut`

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Download:
    """All files of a download."""

    files: tuple[File, ...]
    left_out: dict[str, str]  # path -> why it is not among them
    repositories: frozenset[str] = frozenset()  # the folders that are git repositories


def open_download(path: Path) -> Download:
    """List what is in a zip or a folder.

    Raises:
        CourseError: It is neither, or too large to be a class's.
        GradingError: It cannot be read.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        if not path.exists():
            raise CourseError(f"there is no {path}; give the downloaded zip, or its folder")
        if not zipfile.is_zipfile(path):
            raise CourseError(
                f"{path} is no zip and no folder; give the platform's download of all submissions "
                "as it is, or the folder into which you unpacked it"
            )
        return _of_zip(zipfile.ZipFile(path), str(path))
    except zipfile.BadZipFile as error:
        raise CourseError(f"{path} is a damaged zip ({error}); download it again") from error
    except OSError as error:
        raise GradingError(f"cannot read {path}: {error.strerror or error}") from error


def files_inside(file: File) -> list[File]:
    """The files in a zip that a student handed in; what is left out says why when it is read.

    Raises:
        LeftOut: It cannot be read, or is too large.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(file.read()))
        if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
            raise LeftOut(f"it unpacks to more than {MAX_BYTES >> 20} MB")
        inside = _of_zip(archive, file.path)
    except (*_BROKEN, CourseError) as error:
        raise LeftOut(f"it is no zip that can be read ({error})") from error
    left_out = [File(path, partial(_refuse, why)) for path, why in inside.left_out.items()]
    return [File(f"{file.path}/{f.path}", f.read) for f in (*inside.files, *left_out)]


def _refuse(why: str) -> bytes:
    raise LeftOut(why)


def _of_zip(archive: zipfile.ZipFile, name: str) -> Download:
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or total > MOST_BYTES:
        raise CourseError(
            f"{name} says that it holds {len(entries)} files of {total >> 20} MB; more than "
            f"{MOST_FILES} files or {MOST_BYTES >> 30} GB are no class's. Nothing was unpacked; "
            "is it the right file?"
        )
    files, left_out = [], {}
    for entry in entries:
        parts = [p for p in entry.filename.replace("\\", "/").split("/") if p not in ("", ".")]
        path = "/".join(parts)
        if ".." in parts or "\0" in path:
            left_out[writable_name(path)] = "its path leads out of the archive"
        elif any(is_dropping(part) or part in _FOLDERS for part in parts):
            continue
        elif stat.S_ISLNK(entry.external_attr >> 16):
            left_out[writable_name(path)] = "it is a link, and links are not followed"
        elif path:
            files.append(File(writable_name(path), _reader(archive, entry)))
    repositories = {
        e.filename.partition(f"/{REPOSITORY}/")[0]
        for e in entries
        if f"/{REPOSITORY}/" in e.filename
    }
    return Download(tuple(files), left_out, frozenset(repositories))


def _reader(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with archive.open(entry) as file:
                raw = file.read(MAX_BYTES + 1)
        except _BROKEN as error:
            why = "it is encrypted" if entry.flag_bits & 1 else f"it is damaged ({error})"
            raise LeftOut(why) from error
        return _bounded(raw)

    return read


def _bounded(raw: bytes) -> bytes:
    if len(raw) > MAX_BYTES:
        raise LeftOut(f"it is larger than {MAX_BYTES >> 20} MB")
    return raw


def _of_folder(folder: Path) -> Download:
    files: list[File] = []
    left_out: dict[str, str] = {}
    repositories: set[str] = set()
    for path in _walk(folder, repositories, folder):
        name = writable_name(path.relative_to(folder).as_posix())
        if path.is_symlink():
            left_out[name] = "it is a link, and links are not followed"
        elif path.is_file():
            files.append(File(name, _file_reader(path)))
        if len(files) > MOST_FILES:
            raise CourseError(f"{folder} holds more than {MOST_FILES} files; is it the right one?")
    return Download(tuple(files), left_out, frozenset(repositories))


def _walk(folder: Path, repositories: set[str], top: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name == REPOSITORY:
            repositories.add(folder.relative_to(top).as_posix())
        if is_dropping(path.name) or path.name in _FOLDERS:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path, repositories, top)
        else:
            yield path


def _file_reader(path: Path) -> Callable[[], bytes]:
    def read() -> bytes:
        try:
            with path.open("rb") as file:
                return _bounded(file.read(MAX_BYTES + 1))
        except OSError as error:
            raise LeftOut(f"it cannot be read ({error.strerror or error})") from error

    return read
