"""Start the process of a desk; light, so that it can begin before anything else is loaded."""

import subprocess
import sys

PROGRAM = "from autograder.grading.desk import serve; serve()"
_early: list[subprocess.Popen[bytes]] = []


def start_early() -> None:
    """Start one that loads while its parent does; without an order it ends with its parent."""
    _early.append(_start(PROGRAM))


def started(program: str) -> subprocess.Popen[bytes]:
    """A process, perhaps one that was started before."""
    return _early.pop() if _early and program == PROGRAM else _start(program)


def _start(program: str) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C is for the parent, which then ends it.
    return subprocess.Popen(
        [sys.executable, "-P", "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
