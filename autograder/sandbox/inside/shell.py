"""What a notebook finds ready without importing it: IPython's shell, `display`, `input`."""

from __future__ import annotations

from typing import Any

from autograder.sandbox.inside.standins import StandIn


class Shell:
    """Stands in for IPython's shell: line magics and shell lines do nothing."""

    def __init__(self, run_cell: Any = None) -> None:
        self._run_cell = run_cell

    def run_line_magic(self, *_: Any) -> None:
        return None

    magic = system = run_line_magic

    def getoutput(self, *_: Any, **__: Any) -> list[str]:
        return []

    def run_cell_magic(self, name: str, line: str, cell: str) -> None:
        if name in ("time", "timeit", "capture", "prun") and self._run_cell is not None:
            self._run_cell(cell)

    def __getattr__(self, name: str) -> StandIn:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn(f"IPython.{name}")


_SHELL = Shell()


def get_ipython() -> Shell:
    """The shell that is not there."""
    return _SHELL


def input_stand_in(prompt: object = "") -> str:
    """Nobody is there to answer."""
    return ""


def notebook_names(run_cell: Any) -> dict[str, Any]:
    """The names that a notebook finds ready."""
    _SHELL._run_cell = run_cell
    return {"get_ipython": get_ipython, "display": nothing}


def nothing(*args: Any, **kwargs: Any) -> float:
    """Stands in for what only shows or checks."""
    return 0.0
