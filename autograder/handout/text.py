"""The texts that are handed out, from `templates/`."""

from collections.abc import Sequence

from autograder.course import Notebook
from autograder.course.folder import Configuration
from autograder.course.prose import page
from autograder.handout.wheel import PACKAGE, PINS, WHEEL
from autograder.language import tr

REQUIREMENTS = "requirements.txt"
TEMPLATES = PACKAGE / "handout" / "templates"
# pip and uv name this file, and stop there; without it they tell of conflicts among versions.
TOO_OLD = (
    "python-too-old @ file:///Your-Python-is-too-old--take-3.11-or-newer.zip"
    ' ; python_version < "3.11"'
)
IN_REPOSITORY = {".github/workflows/check.yml": "check.yml", ".gitignore": "gitignore"}
"""What a template repository has beside the handout -> the template."""


def requirements_text() -> str:
    """What pip and uv install: the wheel beside it, at the versions of the pins beside it."""
    return f"{TOO_OLD}\n-c {PINS}\n./{WHEEL}\n"


def readme(configuration: Configuration, notebooks: Sequence[Notebook]) -> str:
    """The student's first page, in the language that is spoken."""
    due = configuration.due
    titles = [tr("notebook"), tr("file"), tr("points"), *([tr("until")] if due else [])]
    lines = [f"| {' | '.join(titles)} |", "|---|---|--:|" + ("---|" if due else "")]
    for one in notebooks:
        file = f"{one.assignment}/{one.name}.ipynb"
        until = f" {due.get(one.assignment, '')} |" if due else ""
        lines.append(f"| {one.title} | [{file}]({file}) | {one.points:g} |{until}")
    template = (TEMPLATES / "README.md").read_text(encoding="utf-8")
    return page(template, tr).format(
        title=configuration.title, table="\n".join(lines), hand_in=tr(configuration.hand_in)
    )
