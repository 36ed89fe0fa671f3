"""From a course's sources to what students get, and the grader's own proof."""

from pathlib import Path
from typing import Annotated

import typer

from autograder import frame
from autograder.command import app, paragraphs, say, tell, told, warn
from autograder.errors import GradingError
from autograder.language import counted, tr

Notebooks = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NOTEBOOK",
        help="Such as 02_layers, layers, or the path of its source. Default: all.",
    ),
]


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new or an empty folder.")],
) -> None:
    """Write a course of your own, with one worked notebook, into a folder."""
    from autograder.handout.handout import start_course

    tell(start_course(folder))


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
) -> None:
    """Build the students' notebooks (assignments/) from solutions/.

    With a NOTEBOOK nothing else is touched: an author's loop of seconds.
    """
    from autograder.course import find_course_root
    from autograder.course.release import check_release, release_translated
    from autograder.course.release import release as build

    root = find_course_root()
    only = notebooks or ()
    if language is not None and only_check:
        raise typer.BadParameter("--check looks at every language by itself: leave out --language")
    if language is not None:
        made = release_translated(root, language, only)
    else:
        made = (check_release if only_check else build)(root, only, warn)
    for line in made.lines:
        tell(line)
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
        made = write_repository(root, repository, only, key=key, language=language, watch=warn)
    elif site is not None:
        made = write_site(root, site, only, key=key, language=language, watch=warn)
    else:
        made = write_handout(root, only, out, key=key, language=language, watch=warn)
    tell(made.line)


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
    from autograder.translation import problems
    from autograder.validation import PAGE, prove_course

    root = find_course_root()
    only = notebooks or ()
    if write and (only or exercises):
        raise typer.BadParameter(
            "--write takes the whole course: leave out NOTEBOOK and --exercise"
        )
    proof = prove_course(root, only, exercises or (), seeds=seeds, jobs=jobs, watch=say)
    page = proof.page()
    if not proof.partial:
        say(page)
    if write:
        try:
            (root / PAGE).write_text(page, encoding="utf-8")
        except OSError as error:
            raise GradingError(f"cannot write {root / PAGE}: {error.strerror}") from error
    claimed = (root / PAGE).read_text(encoding="utf-8") if (root / PAGE).exists() else ""
    wrong = [*proof.problems, *proof.fallen(claimed), *proof.drift]
    wrong += problems(load_course(root), only, _help())
    for problem in wrong:
        warn(problem)
    say(counted(len(wrong), "problem") if wrong else tr("Every proof holds."))
    raise typer.Exit(1 if wrong else 0)


def _help() -> dict[str, list[str]]:
    """What the command line says of itself: command -> texts."""
    found: dict[str, list[str]] = {"around the command line": [*frame.TEXTS, *frame.FIXED]}
    for place, part in told(typer.main.get_command(app)):
        found.setdefault(place, []).extend(paragraphs(part.help))
    return found
