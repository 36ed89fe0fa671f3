"""The texts that are handed out, from `templates/`."""

from __future__ import annotations

from collections.abc import Sequence

from autograder.course import Notebook
from autograder.course.configuration import Configuration
from autograder.handout.pins import PINS
from autograder.handout.student_side import PACKAGE
from autograder.handout.wheel import WHEEL

REQUIREMENTS = "requirements.txt"
TEMPLATES = PACKAGE / "handout" / "templates"
IN_REPOSITORY = {".github/workflows/check.yml": "check.yml", ".gitignore": "gitignore"}
"""What a template repository has beside the handout -> the template."""


def requirements_text() -> str:
    """What pip and uv install: the wheel beside it, at the versions of the pins beside it."""
    return f"-c {PINS}\n./{WHEEL}\n"


def readme(configuration: Configuration, notebooks: Sequence[Notebook]) -> str:
    """The student's first page."""
    due = configuration.due
    lines = ["| notebook | file | points |" + (" until |" if due else "")]
    lines.append("|---|---|--:|" + ("---|" if due else ""))
    for one in notebooks:
        file = f"{one.assignment}/{one.name}.ipynb"
        until = f" {due.get(one.assignment, '')} |" if due else ""
        lines.append(f"| {one.title} | [{file}]({file}) | {one.points:g} |{until}")
    page = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    return page.format(
        title=configuration.title, table="\n".join(lines), hand_in=configuration.hand_in
    )


def repository_files() -> dict[str, bytes]:
    """What a template repository has beside the handout."""
    return {name: (TEMPLATES / file).read_bytes() for name, file in IN_REPOSITORY.items()}
