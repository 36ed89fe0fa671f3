"""Predict, then run: a guess is worth more when it stands there before the answer."""

from autograder.language import tr


def compare(guess: float | str | None, measured: float | str, what: str) -> None:
    """Print the guess beside what was measured.

    Args:
        guess: None while nothing has been guessed.
        what: What was asked, such as `"loss before training"`.
    """
    shown = f"{measured}"
    if isinstance(measured, float):
        shown = f"{measured:,.0f}" if 1e4 <= abs(measured) < 1e9 else f"{measured:.4g}"
    if guess is None:
        text = tr("{what}: measured {shown}. (You made no guess: write one in the first line.)")
    else:
        text = tr("{what}: you guessed {guess}, measured {shown}.")
    print(text.format(what=what, shown=shown, guess=guess))
