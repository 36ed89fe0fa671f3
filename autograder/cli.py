"""The `autograder` command as instructors have it: students' (`command`) and all the rest.

Thin functions over the rooms, which load when they are needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder import frame
from autograder.command import (
    Explain,
    Memory,
    Timeout,
    app,
    main,
    paragraphs,
    say,
    tell,
    told,
    warn,
)
from autograder.errors import GradingError
from autograder.language import counted, tr

if TYPE_CHECKING:
    from autograder.grading.console import Standings
    from autograder.grading.submission import Handin

Isolation = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-isolation",
        help="Run students' code with your own rights. It is stamped on every result.",
    ),
]
Gradebook = Annotated[
    str | None, typer.Option(metavar="URL", help="Default: nbgrader's of this course.")
]
Results = Annotated[
    Path, typer.Option(metavar="DIR", help="Where the results are: ASSIGNMENT/STUDENT.json.")
]
Notebooks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NOTEBOOK",
        help="Such as 02_layers, layers, or the path of its source. Default: all.",
    ),
]


def _address(value: str | None) -> str | None:
    """Dask leaves a half-made client behind where an address has no port."""
    if value is not None and not value.rpartition(":")[2].isdecimal():
        raise typer.BadParameter(f"got {value!r}, expected HOST:PORT, such as tcp://10.0.0.1:8786")
    return value


__all__ = ["app", "main"]


@app.command()
def grade(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all handed in.")
    ] = None,
    submitted: Annotated[
        Path,
        typer.Option(metavar="DIR", help="Submissions: STUDENT/ASSIGNMENT/NOTEBOOK.ipynb."),
    ] = Path("submitted"),
    results: Annotated[
        Path, typer.Option(metavar="DIR", help="Results: ASSIGNMENT/STUDENT.json.")
    ] = Path("results"),
    gradebook: Gradebook = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Worker processes. Default: one per core.")
    ] = None,
    timeout: Timeout = 10.0,
    memory: Memory = 1024,
    accept: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Where there is no notebook under its name, grade the one file of this name, or "
            "that fits this pattern, such as '*.ipynb'. May be given again.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Grade anew what stands.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Name everybody whom a note concerns.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="No progress and no table of scores.")
    ] = False,
    per_student_seeds: Annotated[
        bool, typer.Option("--per-student-seeds", help="Draw the hidden cases for each student.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Grade on Dask's workers.", callback=_address),
    ] = None,
    explain: Explain = True,
    unsafe_no_isolation: Isolation = False,
) -> None:
    """Grade what is new in the folder of submissions.

    Exits with 0 when every submission got a grade or is left to a person, with 1 when the grader
    itself failed on some, with 2 for wrong usage.
    """
    from autograder.grading.far_end import start_early

    if scheduler is None:
        start_early()  # it loads while we do
    from rich.console import Console

    from autograder.course import find_course_root, load_course
    from autograder.grading.classrun import grade_class
    from autograder.grading.console import show_report
    from autograder.grading.pool import LocalPool, Pool, usable_cores
    from autograder.grading.progress import ProgressBar
    from autograder.grading.store import Store
    from autograder.grading.workplace import Terms
    from autograder.integrations.nbgrader import GradebookSink
    from autograder.integrations.nbgrader.roster import enrolled

    root = find_course_root()
    course = load_course(root)
    isolated = not unsafe_no_isolation
    terms = Terms(root, root / submitted, timeout, memory, isolated, per_student_seeds)
    if unsafe_no_isolation:
        warn(
            "WITHOUT ISOLATION: students' code runs with your rights, and can read, change and "
            "delete what you can. Every result is stamped with it."
        )

    sink = GradebookSink(course, terms.submitted, gradebook)

    def make_pool(todo: Sequence[Handin]) -> Pool:
        if scheduler is not None:
            from autograder.grading.cluster import ClusterPool

            pool: Pool = ClusterPool(scheduler)
        else:
            pool = LocalPool(min(jobs or usable_cores(), len(todo)))
        sink.load_beside({handin.assignment for handin in todo})
        return pool

    console = Console()
    with ProgressBar(console, quiet) as bar:
        report = grade_class(
            course,
            terms,
            Store(root / results),
            make_pool,
            assignments=assignments or (),
            roster=enrolled(root, gradebook),
            accept=accept or (),
            force=force,
            explain=explain,
            sinks=[sink],
            watcher=bar,
        )
    any_standing = bool(report.results or report.kept)
    leave, standings = _read_back(root / results, gradebook) if any_standing else (None, {})
    show_report(report, console, standings, sink.notes, verbose, quiet)
    if leave is not None:
        leave()
    raise typer.Exit(0 if report.ok else 1)


@app.command()
def collect(
    source: Annotated[
        Path, typer.Argument(metavar="FILE-OR-FOLDER", help="What the platform gave, as it is.")
    ],
    platform: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="FORMAT",
            help="canvas, moodle, gradescope, zip or repositories. Default: recognised.",
        ),
    ] = "",
    assignment: Annotated[
        str, typer.Option(metavar="NAME", help="Take this one only. Default: by their content.")
    ] = "",
    policy: Annotated[
        str, typer.Option(help="Of several by one student: last, first or best (graded).")
    ] = "last",
    roster: Annotated[
        Path | None, typer.Option(metavar="CSV", help="A class list; see the instructor guide.")
    ] = None,
    due: Annotated[
        str, typer.Option(metavar="TIME", help="The deadline, such as '2026-05-08 22:00 UTC'.")
    ] = "",
    slip_days: Annotated[
        int, typer.Option(min=0, help="Days in all that a student may be late in the term.")
    ] = 0,
    submitted: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the submissions go.")
    ] = Path("submitted"),
    gradebook: Gradebook = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name all in notes.")] = False,
) -> None:
    """Sort a download of a learning platform into the folder of submissions."""
    from autograder.collect.command import Wanted
    from autograder.collect.command import collect as take

    wanted = Wanted(
        *(source, platform, assignment, policy, roster, due, slip_days, submitted, gradebook),
        *(dry_run, verbose),
    )
    for line in take(wanted):
        tell(line)


@app.command()
def release(
    notebooks: Notebooks = None,
    language: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="In another language, into assignments/CODE/: zh."),
    ] = None,
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where anything differs.")
    ] = False,
    gallery: Annotated[
        bool, typer.Option("--gallery", help="Draw every picture of docs/gallery.md anew.")
    ] = False,
) -> None:
    """Build the students' notebooks (assignments/) from solutions/, and the pages about them.

    The solved notebooks whose code changed are run, for the pictures of docs/gallery.md.
    With a NOTEBOOK nothing else is touched: an author's loop of seconds.
    """
    from autograder.course import find_course_root
    from autograder.course.gallery import write_gallery
    from autograder.course.release import check_release, release_translated
    from autograder.course.release import release as build

    root = find_course_root()
    only = notebooks or ()
    if language is not None and (only_check or gallery):
        raise typer.BadParameter(
            "--language goes with no other option: --check looks at every language by itself, and "
            "the gallery is English"
        )
    if language is not None:
        made = release_translated(root, language, only)
    else:
        made = check_release(root, only) if only_check else build(root, only)
    for line in made.lines:
        tell(line)
    if language is None and not only_check:
        for line in write_gallery(root, only, everything=gallery):
            say(line)
    raise typer.Exit(0 if made.ok else 1)


@app.command()
def translate(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="NAME", help="An assignment, a page such as student-guide, or package."
        ),
    ] = None,
    language: Annotated[
        str | None, typer.Option(metavar="CODE", help="Such as zh. Default: all of this course.")
    ] = None,
    only_check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit with 1 where anything is wrong.")
    ] = False,
) -> None:
    """Bring the catalogues of translations up to date, and say what is still to do.

    What changed in English is marked fuzzy, with the text before beside it, and stays English in a
    release until somebody translates it anew and takes the mark away.
    """
    from autograder.course import find_course_root, load_course
    from autograder.translation import open_catalogues, states

    course = load_course(find_course_root())
    found = list(open_catalogues(course, [language] if language else (), names or (), _help()))
    for catalogue in () if only_check else found:
        if catalogue.write():
            say(f"{catalogue.path}: written")
    wrong = []
    for state in states(found):
        wrong += state.problems
        for line in state.lines:
            say(line)
    for problem in wrong:
        warn(problem)
    raise typer.Exit(1 if wrong else 0)


@app.command()
def handout(
    notebooks: Annotated[
        list[str] | None,
        typer.Argument(metavar="ASSIGNMENT", help="Such as 02_layers. Default: all released."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="ZIP", help="Default: handout.zip in the course.")
    ] = None,
    repository: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a template repository with a workflow instead."),
    ] = None,
    site: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Build a JupyterLite site instead, to run in a browser."),
    ] = None,
    key: Annotated[
        bool,
        typer.Option(
            "--key", help="With the right answers and solutions, for those who learn alone."
        ),
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="In another language, as released in assignments/CODE/: zh."
        ),
    ] = "en",
) -> None:
    """Write what students get: notebooks, their wheel, pins, how to start, how to hand in.

    Nothing of the course itself is in it, and it is searched for leaks as a release is.
    """
    from autograder.course import find_course_root
    from autograder.handout.handout import write_handout, write_repository
    from autograder.handout.site import write_site

    if sum(target is not None for target in (out, repository, site)) > 1:
        raise typer.BadParameter(
            "--out writes a zip, --repository a folder, --site a site: give one of them"
        )
    root, only = find_course_root(), notebooks or ()
    if repository is not None:
        made = write_repository(root, repository, only, key=key, language=language)
    elif site is not None:
        made = write_site(root, site, only, key=key, language=language)
    else:
        made = write_handout(root, only, out, key=key, language=language)
    tell(made.line)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or an empty folder.")],
) -> None:
    """Write a course of your own, with one worked notebook, into a folder."""
    from autograder.handout.own_course import start_course

    tell(start_course(folder).line)


@app.command()
def report(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all graded.")
    ] = None,
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Default: reports/ beside the results.")
    ] = None,
    gradebook: Gradebook = None,
) -> None:
    """Write the pages of the class and of every student anew, from the results."""
    from autograder.reports.command import report_class

    say(report_class(results, assignments or (), out, gradebook))


@app.command()
def feedback(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all graded.")
    ] = None,
    zip: Annotated[bool, typer.Option("--zip", help="Into a zip for each assignment.")] = False,
    platform: Annotated[
        str, typer.Option("--for", metavar="PLATFORM", help="canvas or moodle, which take it back.")
    ] = "",
    results: Results = Path("results"),
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where it goes.")] = Path("feedback"),
    gradebook: Gradebook = None,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name all in notes.")] = False,
) -> None:
    """Write a page for every student and assignment, to give back."""
    from autograder.reports.give_back import give_back

    for line in give_back(
        results, assignments or (), out, gradebook, zipped=zip, platform=platform, verbose=verbose
    ):
        tell(line)


@app.command()
def similar(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Such as 02_layers.")],
    submitted: Annotated[
        Path, typer.Option(metavar="DIR", help="Submissions: STUDENT/ASSIGNMENT/NOTEBOOK.ipynb.")
    ] = Path("submitted"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: a page in reports/.")
    ] = None,
    gradebook: Gradebook = None,
) -> None:
    """Write a page of answers that are alike: a place to look, not a verdict."""
    from autograder.similar.command import find_similar

    tell(find_similar(assignment, submitted, out, gradebook))


@app.command()
def export(
    name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="csv, csv-rows, canvas, moodle, github, junit, gradescope or classroom.",
        ),
    ],
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all graded.")
    ] = None,
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: a file or a folder in exports/.")
    ] = None,
    gradebook: Gradebook = None,
    worksheet: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A worksheet of Moodle to fill in.")
    ] = None,
    scale: Annotated[
        bool, typer.Option("--scale", help="Convert the scores to the worksheet's maximum.")
    ] = False,
    autograder_zip: Annotated[
        bool,
        typer.Option(
            "--autograder", help="With gradescope: the zip that grades one assignment there."
        ),
    ] = False,
    missing_as: Annotated[
        str, typer.Option(metavar="0|blank", help="What who handed in nothing gets.")
    ] = "0",
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Name all in notes.")] = False,
) -> None:
    """Write the scores for another tool; those given by hand come from the gradebook."""
    from autograder.integrations.exports import export as write

    if autograder_zip:
        from autograder.gradescope.command import build_for

        tell(build_for(name, assignments or (), out))
        return
    made = write(
        *(name, results, assignments or (), out, gradebook, worksheet),
        scale=scale,
        missing_as=missing_as,
        verbose=verbose,
    )
    for note in made.notes:
        warn(tr("Note: {note}").format(note=note))
    wrote = tr("Wrote {path}") if made.files == 1 else tr("Wrote {path} ({files})")
    say(wrote.format(path=made.path, files=counted(made.files, "file")))


@app.command()
def validate(
    notebooks: Notebooks = None,
    exercises: Annotated[
        list[str] | None,
        typer.Option("--exercise", metavar="NAME", help="Prove this one only. May be given again."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds over which the headroom is taken.")] = 50,
    jobs: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the table into docs/.")] = False,
) -> None:
    """Prove the grader: every known mistake is caught and named, every reference passes.

    With a NOTEBOOK, or an exercise of one, only that is proven, and each exercise is told when it
    is done. Exits with 1 where a proof fails, or where assignments/ is not what the sources make.
    """
    from autograder.course import find_course_root, load_course
    from autograder.course.release import check_drift
    from autograder.translation import problems
    from autograder.validation import PAGE, prove_course

    root = find_course_root()
    only = notebooks or ()
    if write and (only or exercises):
        raise typer.BadParameter(
            "--write takes the whole course: leave out NOTEBOOK and --exercise"
        )
    proof = prove_course(root, only, exercises or (), seeds=seeds, jobs=jobs, watch=_at_once)
    page = proof.page()
    if not proof.partial:
        say(page)
    if write:
        try:
            (root / PAGE).write_text(page, encoding="utf-8")
        except OSError as error:
            raise GradingError(f"cannot write {root / PAGE}: {error.strerror}") from error
    claimed = (root / PAGE).read_text(encoding="utf-8") if (root / PAGE).exists() else ""
    wrong = [*proof.problems, *proof.fallen(claimed), *check_drift(root, only)]
    wrong += problems(load_course(root), only, _help())
    for problem in wrong:
        warn(problem)
    say(counted(len(wrong), "problem") if wrong else tr("Every proof holds."))
    raise typer.Exit(1 if wrong else 0)


@app.command()
def doctor() -> None:
    """Say what works here, and in which isolation students' code would run."""
    from autograder.grading.doctor import examine, show

    lines = examine()
    say(show(lines))
    raise typer.Exit(1 if any(line.ok is False for line in lines) else 0)


def _read_back(results: Path, gradebook: str | None) -> tuple[Callable[[], None], Standings]:
    """Read what counts at the end of a class run, and how to write the report of it.

    Grades never depend on either.
    """
    from autograder.integrations.read_class import read_class, standings
    from autograder.reports.command import leave_report

    def not_written(error: Exception) -> None:
        warn(
            f"The report was not written: {error}\nAll grades are kept. "
            "To try again: autograder report"
        )

    try:
        book = read_class(results, (), gradebook, tolerant=True)
        counting = standings(book)
    except Exception as error:  # whatever it is, the grades stand
        return partial(not_written, error), {}

    def leave() -> None:
        try:
            say(leave_report(book, results))
        except Exception as error:
            not_written(error)

    return leave, counting


def _help() -> dict[str, list[str]]:
    """What the command line says of itself: command -> texts."""
    found: dict[str, list[str]] = {"around the command line": [*frame.TEXTS, *frame.FIXED]}
    for place, part in told(typer.main.get_command(app)):
        found.setdefault(place, []).extend(paragraphs(part.help))
    return found


def _at_once(text: str) -> None:
    """Print, and do not wait for more: who reads it watches something slow."""
    say(text)
    sys.stdout.flush()
