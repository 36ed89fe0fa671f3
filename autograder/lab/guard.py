"""The guard around every experiment: it ends the cell cleanly while a function is still to write.

An experiment runs the student's own functions. Before they exist there is nothing to show, and a
long traceback would only frighten:

    with guard():
        out, cache = affine_forward(x, w, b)
        ...

prints "Not yet: write affine_forward first …" and goes no further.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import CodeType, TracebackType
from typing import Any

from autograder.language import tr


class guard:
    """End the block quietly when a function is not written or its cell has not run.

    Every other exception passes: it is a bug, and the traceback shows where.
    """

    def __enter__(self) -> guard:
        self._figures = _open_figures()
        self._cell = sys._getframe(1).f_code
        self._threads = _one_thread()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self._threads is not None:
            self._threads.restore_original_limits()
        message = _explain(error, trace, self._cell)
        if not message:
            return False
        _close_figures(self._figures)
        print(message)
        return True


def _explain(error: BaseException | None, trace: TracebackType | None, cell: CodeType) -> str:
    """What to do next, or nothing when the exception is none of the guard's business."""
    frames = []
    while trace is not None:
        frames.append(trace.tb_frame.f_code)
        trace = trace.tb_next
    if isinstance(error, NotImplementedError) and frames:
        name = frames[-1].co_qualname
        return tr("Not yet: write `{name}` first. Then run this cell again.").format(name=name)
    inside = [code for code in cell.co_consts if getattr(code, "co_name", "").startswith("<")]
    if isinstance(error, NameError) and frames and frames[-1] in (cell, *inside):
        text = tr(
            "Not yet: `{name}` is not defined. Run the cells above first. Then run this cell again."
        )
        return text.format(name=error.name)
    return ""


def _one_thread() -> Any:
    """Let BLAS use one thread: for small matrices, several only wait for each other."""
    try:
        threads = import_module("threadpoolctl")  # comes with scikit-learn
    except ImportError:
        return None
    return threads.threadpool_limits(limits=1, user_api="blas")


def _open_figures() -> list[int]:
    pyplot = sys.modules.get("matplotlib.pyplot")
    return list(pyplot.get_fignums()) if pyplot else []


def _close_figures(before: list[int]) -> None:
    """Close what the block opened: half a picture says nothing."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    for number in _open_figures():
        if pyplot is not None and number not in before:
            pyplot.close(number)
