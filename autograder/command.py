"""The `autograder` command as students have it: `check`. `cli` adds what instructors have."""

import atexit
import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from autograder.errors import AutograderError, DeclarationError, GradingError
from autograder.frame import translate_frame
from autograder.language import ENGLISH, said, spoken, tr

app = typer.Typer(
    name="autograder",
    help="Grade and check notebooks on backpropagation by hand.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback()
def _commands() -> None:
    """Grade and check notebooks on backpropagation by hand."""


Explain = Annotated[
    bool,
    typer.Option("--explain/--no-explain", help="Look for the line in which an answer goes wrong."),
]
# Bounded from above, too: the kernel's timers and limits take no infinity.
Timeout = Annotated[
    float,
    typer.Option(
        min=0.1, max=86_400, help="Wall seconds per call; a submission gets six times that."
    ),
]
Memory = Annotated[int, typer.Option(min=64, max=1_048_576, help="MB that a submission may take.")]


@app.command()
def check(
    notebooks: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="NOTEBOOK",
            help="With its .check.json beside it, or a folder with such. Default: this folder.",
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the verdicts as JUnit XML.")
    ] = None,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Append a summary in Markdown.")
    ] = None,
    classroom: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write GitHub Classroom's JSON of points.")
    ] = None,
    timeout: Timeout = 10.0,
    memory: Memory = 1024,
    explain: Explain = True,
) -> None:
    """Check your notebooks on the public cases.

    Exits with 0 when everything is right, with 1 when something is not, with 2 when something
    could not be checked; the other notebooks are checked all the same.
    """
    from autograder.grading.selfcheck import (
        PLAIN,
        check_notebook,
        find_notebooks,
        show,
        write_summary,
    )
    from autograder.integrations.junit import error_commands, write_classroom, write_junit
    from autograder.sandbox import Limits

    limits = Limits(timeout, 6 * timeout, memory)
    found = []
    problems = 0
    try:
        paths = find_notebooks(notebooks or [Path()])
    except AutograderError as error:
        warn(f"autograder: {said(str(error))}")
        raise typer.Exit(2) from None
    for path in paths:
        try:
            checked = check_notebook(path, limits, explain=explain)
        except AutograderError as error:
            warn(f"autograder: {said(str(error))}")
            problems += 1
            continue
        found.append(checked)
        if len(paths) > 1:
            say(f"\n{path}")
        say(show(checked))
        if os.environ.get("GITHUB_ACTIONS") == "true":
            say(error_commands(checked, path))
    if any(checked.isolation == "none" for checked in found):
        warn(tr(PLAIN))
    try:
        if junit is not None:
            write_junit(found, junit)
        if classroom is not None:
            write_classroom(found, classroom)
        if summary is not None:
            for checked in found:
                write_summary(checked, summary)
    except AutograderError as error:
        warn(f"autograder: {said(str(error))}")
        problems += 1
    if problems:
        raise typer.Exit(2)
    raise typer.Exit(0 if all(checked.all_right for checked in found) else 1)


def main() -> None:
    """Run the command; an error that its user can mend is one clear message."""
    atexit.register(gc.freeze)  # at the end nobody looks for garbage in all that was loaded
    try:
        whole = typer.main.get_command(app)
        for _, part in told(whole):
            part.help = "\n\n".join(tr(text) for text in paragraphs(part.help))
        if spoken() != ENGLISH:
            translate_frame()
        whole()
    except AutograderError as error:
        warn(f"autograder: {said(str(error))}")
        sys.exit(1 if isinstance(error, (GradingError, DeclarationError)) else 2)


def told(whole: Any) -> Iterator[tuple[str, Any]]:
    """The whole, every command and every option: what has a help."""
    commands = {"": whole, **whole.commands}
    for name, command in commands.items():
        for part in (command, *command.params):
            if getattr(part, "help", None):
                yield f"autograder {name}".strip(), part


def paragraphs(text: str) -> list[str]:
    """A help in paragraphs, each on a line."""
    return [" ".join(part.split()) for part in text.split("\n\n")]


def say(text: str, stream: TextIO | None = None) -> None:
    """Print, whatever the terminal can write; who reads it may be watching something slow."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


def tell(text: str) -> None:
    """Print what a room put together, in the language that is spoken here."""
    say(said(text))


def warn(text: str) -> None:
    """Print to where errors go."""
    say(text, sys.stderr)
