"""A class from its downloads to its grades: `collect`, `grade`, `doctor`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.cli.results import Gradebook, Submitted, Verbose
from autograder.command import Explain, Memory, Timeout, app, say, tell, warn

if TYPE_CHECKING:
    from autograder.grading.submission import Handin
    from autograder.integrations.classbook import ClassBook

Isolation = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-isolation",
        help="Run students' code with your own rights. It is stamped on every result.",
    ),
]


def _address(value: str | None) -> str | None:
    """Dask leaves a half-made client behind where an address has no port."""
    if value is not None and not value.rpartition(":")[2].isdecimal():
        raise typer.BadParameter(f"got {value!r}, expected HOST:PORT, such as tcp://10.0.0.1:8786")
    return value


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
    submitted: Submitted = Path("submitted"),
    gradebook: Gradebook = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be done.")
    ] = False,
    verbose: Verbose = False,
) -> None:
    """Sort a download of a learning platform into the folder of submissions."""
    from autograder.collect.command import collect as take

    asked = (source, platform, assignment, policy, roster, due, slip_days, submitted, gradebook)
    for line in take(*asked, dry_run, verbose):
        tell(line)


@app.command()
def grade(
    assignments: Annotated[
        list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all handed in.")
    ] = None,
    submitted: Submitted = Path("submitted"),
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
    verbose: Verbose = False,
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

    gc.set_threshold(50_000, 20, 100)  # results come and go by the thousand, and hold no circles
    if scheduler is None:
        start_early()  # it loads while we do
    from rich.console import Console

    from autograder.course import find_course_root, load_course
    from autograder.grading.classrun import grade_class
    from autograder.grading.desk import Terms
    from autograder.grading.dispatch import LocalPool, Pool, usable_cores
    from autograder.grading.progress import ProgressBar
    from autograder.grading.store import Store
    from autograder.integrations.classbook import enrolled
    from autograder.integrations.nbgrader import GradebookSink
    from autograder.language import tr

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
            if not (pool.width or quiet):
                console.print(tr("No worker is there yet: waiting for one."))
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
    from autograder.reports.console import show_report

    leave, book = _read_back(root / results, gradebook) if any_standing else (None, None)
    show_report(report, console, book, sink.notes, verbose, quiet)
    if leave is not None:
        leave()
    raise typer.Exit(0 if report.ok else 1)


def _read_back(results: Path, gradebook: str | None) -> tuple[Callable[[], None], ClassBook | None]:
    """Read what counts at the end of a class run, and how to write the report of it.

    Grades never depend on either.
    """
    from autograder.integrations.read_class import read_class
    from autograder.reports.pages import leave_report

    def not_written(error: Exception) -> None:
        warn(
            f"The report was not written: {error}\nAll grades are kept. "
            "To try again: autograder report"
        )

    try:
        book = read_class(results, (), gradebook, tolerant=True)
    except Exception as error:  # whatever it is, the grades stand
        return partial(not_written, error), None

    def leave() -> None:
        try:
            say(leave_report(book, results))
        except Exception as error:
            not_written(error)

    return leave, book


@app.command()
def doctor() -> None:
    """Say what works here, and in which isolation students' code would run."""
    from autograder.grading.doctor import examine, show

    lines = examine()
    say(show(lines))
    raise typer.Exit(1 if any(line.ok is False for line in lines) else 0)
