"""`autograder release`: build what students get, search it for leaks, put it into assignments/."""

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from autograder.course.build import Watch, files_below, generate, generate_translated
from autograder.course.folder import ASSIGNMENTS, SOURCE, Course, existing_seed, load_course
from autograder.course.leaks import compare, differences, find_leaks
from autograder.course.notebook import Notebook
from autograder.course.questions import as_released, made_now
from autograder.course.translated import Translated, catalogue, course_languages, translated
from autograder.errors import CourseError
from autograder.exercises.public import SUFFIX
from autograder.explain import Keep
from autograder.language import ENGLISH, counted, tr
from autograder.whole import write_whole


@dataclass(frozen=True)
class Release:
    """What a release, or a check of one, came to."""

    notebooks: tuple[Notebook, ...]
    written: tuple[str, ...] = ()  # files of assignments/ that changed
    removed: tuple[str, ...] = ()  # files of assignments/ that nothing makes any more
    drift: tuple[str, ...] = ()  # for a check: where assignments/ is not what the sources make
    warnings: tuple[str, ...] = ()
    checked: bool = False
    folder: str = ASSIGNMENTS  # where the notebooks lie

    @property
    def ok(self) -> bool:
        """Whether the command succeeded: a check succeeds when there is no drift."""
        return not self.drift

    @property
    def lines(self) -> list[str]:
        """What the command prints."""
        points = sum(n.points for n in self.notebooks)
        rows = sum(len(n.rows) for n in self.notebooks)
        books, worth = counted(len(self.notebooks), "notebook"), f"{points:g}"
        what = tr("{books}, {rows} rows, {points} points")
        what = what.format(books=books, rows=rows, points=worth)
        lines = [f"warning: {text}" for text in self.warnings]
        if self.checked:
            lines += self.drift
            state = f"{len(self.drift)} differences" if self.drift else "up to date"
            return [*lines, f"{ASSIGNMENTS}/ is checked against its sources: {state} ({what})"]
        for notebook in self.notebooks:
            folder = f"{self.folder}/{notebook.assignment}/"
            name = f"{folder}{notebook.name}.ipynb"
            changed = any(path.startswith(folder) for path in (*self.written, *self.removed))
            state = tr("written") if changed else tr("unchanged")
            lines.append(f"{name}: {len(notebook.rows)} rows, {notebook.points:g} points, {state}")
        lines += [f"removed {path}, which nothing makes any more" for path in self.removed]
        return [*lines, f"released {what}"]


def release(root: Path, only: Sequence[str] = (), watch: Watch = lambda line: None) -> Release:
    """Bring `assignments/` (and nbgrader's `build/source/`) up to date.

    Files that differ from the fresh ones in rounding only are left as they are. Nothing is
    written when a source is wrong or when anything would leak.

    Args:
        only: The notebooks to release, as `Course.chosen` takes them; all where none is named.
            The others' files are left alone, and theirs may not leak from these either.

    Raises:
        CourseError: What to mend.
    """
    course = load_course(root)
    notebooks = _chosen(course, only)
    folders = [notebook.assignment for notebook in notebooks] if only else [""]
    with _built(notebooks, watch) as fresh:
        apart = set(course_languages(course.root))
        written, removed = _publish(course, fresh / ASSIGNMENTS, ASSIGNMENTS, folders, apart)
        _bring(fresh / SOURCE, course.root / SOURCE, folders)  # nbgrader's, for its own commands
    return Release(notebooks, written, removed, warnings=_warnings(notebooks))


def release_translated(root: Path, language: str, only: Sequence[str] = ()) -> Release:
    """Bring `assignments/<language>/` up to date, from the catalogues and the English release.

    Args:
        only: The notebooks to release; all that have a catalogue, where none is named.

    Raises:
        CourseError: What to mend.
    """
    course = load_course(root)
    every = chosen(course, language, only)
    notebooks = tuple(one.notebook for one in every)
    folders = [notebook.assignment for notebook in notebooks]
    shown = f"{ASSIGNMENTS}/{language}"
    with _temporary() as folder:
        generate_translated(every, course.root / ASSIGNMENTS, folder)
        written, removed = _publish(course, folder / ASSIGNMENTS, shown, folders)
    warnings = tuple(warning for one in every for warning in one.warnings)
    return Release(notebooks, written, removed, warnings=warnings, folder=shown)


def chosen(course: Course, language: str, only: Sequence[str] = ()) -> list[Translated]:
    """Notebooks in another language; all that have a catalogue, where none is named.

    Raises:
        CourseError: When there is no such language, notebook or catalogue.
    """
    must_be_known(course, language)
    names = [
        name
        for name in course.chosen(only)
        if only or catalogue(course.root, language, name).is_file()
    ]
    return [translated(course.assignment(name), language) for name in names]


def must_be_known(course: Course, language: str) -> None:
    """Hold that a course has a language.

    Raises:
        CourseError: It has not.
    """
    known = [ENGLISH, *course_languages(course.root)]
    if language not in known:
        raise CourseError(
            f"this course has no catalogues for the language {language!r}; nothing was written. "
            f"Its languages: {', '.join(known)}"
        )


def check_release(
    root: Path, only: Sequence[str] = (), watch: Watch = lambda line: None
) -> Release:
    """Compare `assignments/` with what the sources make; write nothing.

    Args:
        only: The notebooks to look at, as for `release`.
    """
    course = load_course(root)
    notebooks = _chosen(course, only)
    drift = []
    for number, notebook in enumerate(notebooks, 1):
        drift += notebook_drift(course, notebook.assignment)
        watch(f"{notebook.assignment} ({number}/{len(notebooks)})")
    drift += [] if only else stale(course)
    return Release(notebooks, drift=tuple(drift), warnings=_warnings(notebooks), checked=True)


def notebook_drift(course: Course, name: str) -> list[str]:
    """Where a notebook in `assignments/`, in any language, is not what the sources make."""
    notebook = course.assignment(name)
    public = course.root / ASSIGNMENTS / name / f"{notebook.name}{SUFFIX}"
    with _built([notebook], keep=lambda _: as_released(public)) as fresh:
        drift = _drift(course, fresh / ASSIGNMENTS, [name])
        for language in sorted(course_languages(course.root)):
            drift += _translated_drift(course, language, [name], fresh / ASSIGNMENTS)
        return drift + find_leaks(course.notebooks, fresh / ASSIGNMENTS, existing_seed(course.root))


def stale(course: Course) -> list[str]:
    """What lies in `assignments/` and no source makes."""
    apart = {*course.sources, *course_languages(course.root)}
    with tempfile.TemporaryDirectory() as nothing:
        there = course.root / ASSIGNMENTS
        return differences(Path(nothing), there, shown=ASSIGNMENTS, apart=apart)


def behind(
    course: Course, names: Sequence[str], language: str, watch: Watch, keep: Callable[[str], Keep]
) -> list[str]:
    """Where the release of some notebooks in a language is not what the sources make.

    Args:
        keep: As for `generate`: of a source that did not change nothing is run anew.
    """
    with _built(_chosen(course, names), watch, keep) as fresh:
        if language == ENGLISH:
            return _drift(course, fresh / ASSIGNMENTS, names)
        return _translated_drift(course, language, names, fresh / ASSIGNMENTS)


def _drift(course: Course, fresh: Path, folders: Sequence[str]) -> list[str]:
    apart = set(course_languages(course.root))
    drift = []
    for folder in folders:
        there, shown = course.root / ASSIGNMENTS / folder, f"{ASSIGNMENTS}/{folder}".rstrip("/")
        drift += differences(fresh / folder, there, shown=shown, apart=apart)
    return drift


def _translated_drift(
    course: Course, language: str, names: Sequence[str], english: Path
) -> list[str]:
    """Where what was released in a language is not what its catalogues make.

    Args:
        names: The assignments to look at; those never released in this language are passed over.
        english: What the English release should be.
    """
    released = course.root / ASSIGNMENTS / language
    there = [name for name in names if (released / name).is_dir()]
    every = chosen(course, language, there) if there else []
    found = []
    with _temporary() as folder:
        generate_translated(every, english, folder)
        fresh = folder / ASSIGNMENTS
        for name in there:
            shown = f"{ASSIGNMENTS}/{language}/{name}"
            mend = f"run `autograder release {name} --language {language}`"
            found += differences(fresh / name, released / name, shown=shown, mend=mend)
        notebooks = [one.notebook for one in every]
        return found + find_leaks(notebooks, fresh, existing_seed(course.root))


def _chosen(course: Course, only: Sequence[str]) -> tuple[Notebook, ...]:
    return tuple(course.assignment(name) for name in course.chosen(only))


@contextmanager
def _built(
    notebooks: Sequence[Notebook],
    watch: Watch = lambda line: None,
    keep: Callable[[str], Keep] = lambda assignment: made_now,
) -> Iterator[Path]:
    """A temporary folder with a fresh build of notebooks."""
    with _temporary() as folder:
        generate(notebooks, folder, watch, keep)
        yield folder


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="autograder-release-") as temporary:
        yield Path(temporary).resolve()


def _publish(
    course: Course, fresh: Path, where: str, folders: Sequence[str], apart: Collection[str] = ()
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Put a fresh build into a folder of the course; what was written there and what removed.

    Raises:
        CourseError: Something would leak, and nothing was written; or it cannot be written.
    """
    leaks = find_leaks(course.notebooks, fresh, existing_seed(course.root))
    if leaks:
        raise CourseError("nothing was released, because it would leak:\n" + "\n".join(leaks))
    changed = _bring(fresh, course.root / where, folders, apart)
    written, removed = (tuple(f"{where}/{name}" for name in names) for names in changed)
    return written, removed


def _bring(
    fresh: Path, target: Path, folders: Sequence[str], apart: Collection[str] = ()
) -> tuple[list[str], list[str]]:
    """Make `folders` of `target` hold the files of `fresh` and no others.

    Returns what was written and what removed, as names below `target`.
    Each file is replaced at once, so that an interrupted release leaves no half file.

    Args:
        apart: Folders of `target` that are left alone.

    Raises:
        CourseError: It cannot be written.
    """
    names = [path.relative_to(fresh).as_posix() for path in files_below(fresh)]
    written, removed = [], []
    try:
        for name in names:
            new, old = fresh / name, target / name
            if old.is_file() and not compare(new, old):
                continue
            old.parent.mkdir(parents=True, exist_ok=True)
            write_whole(old, new.read_bytes())
            written.append(name)
        for path in (path for folder in folders for path in files_below(target / folder)):
            name = path.relative_to(target).as_posix()
            if name not in names and name.split("/")[0] not in apart:
                path.unlink()
                removed.append(name)
                _drop_empty(path.parent, target)
    except OSError as error:
        raise CourseError(f"cannot write the release: {error}") from error
    return written, removed


def _drop_empty(folder: Path, until: Path) -> None:
    while folder != until and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _warnings(notebooks: Sequence[Notebook]) -> tuple[str, ...]:
    return tuple(warning for notebook in notebooks for warning in notebook.warnings)
