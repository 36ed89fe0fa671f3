"""The instructor guide says what is so: commands, options, formats, statuses and links exist."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
import typer.main

from autograder import cli
from autograder.checks.finding import Status
from autograder.grading.result import SubmissionStatus
from autograder.integrations.exports import FORMATS

BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)


@pytest.fixture(scope="module")
def guide(root: Path) -> str:
    return (root / "docs" / "instructor-guide.md").read_text(encoding="utf-8")


def commands(guide: str) -> list[list[str]]:
    blocks = [text for language, text in BLOCK.findall(guide) if not language]
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("autograder ")]


def test_every_command_can_be_given(guide: str) -> None:
    click = typer.main.get_command(cli.app)
    found = commands(guide)
    assert len(found) > 10
    for _, name, *arguments in found:
        command = click.commands[name]  # type: ignore[attr-defined]
        command.make_context(name, list(arguments))  # an unknown option is an error
        if name == "export":
            assert arguments[0] in FORMATS


def test_every_command_of_the_program_is_in_the_guide(guide: str) -> None:
    click = typer.main.get_command(cli.app)
    for name in click.commands:  # type: ignore[attr-defined]
        assert f"autograder {name}" in guide


def test_every_format_and_status_is_explained(guide: str) -> None:
    for word in (*FORMATS, *get_args(Status), *get_args(SubmissionStatus)):
        assert f"`{word}`" in guide, word


def test_links_lead_somewhere(guide: str, root: Path) -> None:
    def anchors(text: str) -> set[str]:
        headings = re.findall(r"^#+ (.+)$", text, re.M)
        return {re.sub(r"[^\w -]", "", h).strip().lower().replace(" ", "-") for h in headings}

    targets = re.findall(r"\]\(([^)]+)\)", guide)
    assert len(targets) > 15
    for target in targets:
        path, _, anchor = target.partition("#")
        page = root / "docs" / path
        assert page.is_file() or not path, target
        if anchor:
            assert anchor in anchors(page.read_text(encoding="utf-8") if path else guide), target
