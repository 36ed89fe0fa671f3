"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Gradebook = Annotated[
    str | None, typer.Option(metavar="URL", help="Default: nbgrader's of this course.")
]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Name all in notes.")]
