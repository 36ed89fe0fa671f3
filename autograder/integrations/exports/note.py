"""What should be known of an export, with the names that it is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.feedback.blocks import plain
from autograder.feedback.wording import listed
from autograder.language import said, tr

SHOWN = 3


@dataclass(frozen=True)
class Note:
    """A note."""

    text: str  # what is to be known
    names: Sequence[str] | None = None  # whom or what it is about; None where it is about the whole

    def told(self, verbose: bool = False) -> str:
        """One line that drives no terminal; of many names the first few, unless all are wanted.

        Example:
            >>> Note("damaged", ["a", "b", "c", "d"]).told()
            '4 damaged: a, b, c and 1 more (-v names all)'
        """
        if self.names is None:
            return plain(said(self.text))
        count, text, names = len(self.names), said(self.text), ", ".join(self.names)
        whole = tr("{count} {text}: {names}")
        if count > SHOWN and not verbose:
            whole, names = tr("{count} {text}: {names} (-v names all)"), listed(self.names, SHOWN)
        return plain(whole.format(count=count, text=text, names=names))
