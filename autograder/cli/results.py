"""What is made of grades on file: `report`, `feedback`, `export`, `similar`."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.command import app, say, tell, warn
from autograder.language import counted, tr

Gradebook = Annotated[
    str | None, typer.Option(metavar="URL", help="Default: nbgrader's of this course.")
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Name all in notes.")]
Graded = Annotated[
    list[str] | None, typer.Argument(metavar="ASSIGNMENT", help="Default: all graded.")
]
Submitted = Annotated[
    Path, typer.Option(metavar="DIR", help="Submissions: STUDENT/ASSIGNMENT/NOTEBOOK.ipynb.")
]
Results = Annotated[
    Path, typer.Option(metavar="DIR", help="Where the results are: ASSIGNMENT/STUDENT.json.")
]


@app.command()
def report(
    assignments: Graded = None,
    results: Results = Path("results"),
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Default: reports/ beside the results.")
    ] = None,
    gradebook: Gradebook = None,
) -> None:
    """Write the pages of the class and of every student anew, from the results."""
    from autograder.integrations.read_class import read_class
    from autograder.reports.pages import leave_report

    book = read_class(results, assignments or (), gradebook, tolerant=True)
    say(leave_report(book, results, out))


@app.command()
def feedback(
    assignments: Graded = None,
    zip: Annotated[bool, typer.Option("--zip", help="Into a zip for each assignment.")] = False,
    platform: Annotated[
        str, typer.Option("--for", metavar="PLATFORM", help="canvas or moodle, which take it back.")
    ] = "",
    results: Results = Path("results"),
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where it goes.")] = Path("feedback"),
    gradebook: Gradebook = None,
    verbose: Verbose = False,
) -> None:
    """Write a page for every student and assignment, to give back."""
    from autograder.reports.give_back import give_back

    for line in give_back(
        results, assignments or (), out, gradebook, zipped=zip, platform=platform, verbose=verbose
    ):
        tell(line)


@app.command()
def export(
    name: Annotated[
        str,
        typer.Argument(
            metavar="FORMAT",
            help="csv, csv-rows, canvas, moodle, github, junit, gradescope or classroom.",
        ),
    ],
    assignments: Graded = None,
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
    verbose: Verbose = False,
) -> None:
    """Write the scores for another tool; those given by hand come from the gradebook."""
    from autograder.integrations.exports import export as write

    if autograder_zip:
        from autograder.gradescope.build import build_for

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
def similar(
    assignment: Annotated[str, typer.Argument(metavar="ASSIGNMENT", help="Such as 02_layers.")],
    submitted: Submitted = Path("submitted"),
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Default: a page in reports/.")
    ] = None,
    gradebook: Gradebook = None,
) -> None:
    """Write a page of answers that are alike: a place to look, not a verdict."""
    from autograder.similar.command import find_similar

    tell(find_similar(assignment, submitted, out, gradebook))
