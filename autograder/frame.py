"""The frame that Typer puts around the command line, in the language that is spoken here.

Typer looks up a part of its words by gettext and writes the others in English.
"""

from typing import Any

from autograder.language import said, tr

TEXTS = (
    "Usage: {usage}",
    "Show this message and exit.",
    "Missing argument {name}.",
    "Invalid value for {name}: {reason}",
    "No such command {name}.",
    "No such command {name}. Did you mean {other}?",
    "No such option: {name}",
    "No such option: {name} (Possible options: {others})",
    "Option {name} requires an argument.",
    "Option {name} does not take a value.",
    "Got unexpected extra argument(s) ({rest})",
    "Input should be a valid number, unable to parse string as a number",
    "Input should be a valid integer, unable to parse string as an integer",
    "Input should be greater than or equal to {limit}",
    "Input should be less than or equal to {limit}",
)
"""What Typer says of the usage and of wrong usage, and gives to its highlighter."""
FIXED = (
    *("Arguments", "Options", "Commands", "Error", "Aborted.", "[required]", "[default: {}]"),
    "Try [blue]'{command_path} {help_option}'[/] for help.",
)
"""Typer's constants."""


def translate_frame() -> None:
    """Let Typer speak; a help may break between any two signs: Chinese has no spaces."""
    from typer import rich_utils

    made, highlighted = rich_utils._make_rich_text, rich_utils.highlighter

    def rich_text(*, text: str, **what: Any) -> Any:
        found: Any = made(text=tr(text), **what)
        found.overflow = "fold"
        return found

    def highlighter(text: Any) -> Any:
        return highlighted(said(text) if isinstance(text, str) else text)

    for name, text in list(vars(rich_utils).items()):
        if isinstance(text, str) and text in FIXED:
            setattr(rich_utils, name, tr(text))
    vars(rich_utils).update(_make_rich_text=rich_text, highlighter=highlighter)
