"""A child without a lock, for a student's own code on the student's own machine.

Requests come on standard input and answers leave on standard output; both are moved away before
student code runs, and what it prints goes where standard error went.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from autograder.sandbox.inside.child import Child, leave
from autograder.sandbox.inside.library import OnDisk
from autograder.sandbox.inside.wire import BROKEN_STATUS, OUT_OF_MEMORY_STATUS

if sys.platform == "linux":
    from autograder.sandbox.inside.lockdown import address_space_now


def serve_plain(settings: dict[str, Any]) -> None:
    """Serve one grader until it hangs up."""
    if sys.platform == "win32":
        import msvcrt

        for fd in (0, 1, 2):
            msvcrt.setmode(fd, os.O_BINARY)
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    if sys.platform == "linux":
        import resource

        most = address_space_now() + settings["memory_bytes"]
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    sys.meta_path[:] = [*sys.meta_path[:2], OnDisk()]
    status = BROKEN_STATUS
    try:
        Child(requests, answers, 1, on_disk=True).serve()
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY_STATUS
    finally:
        leave(status)  # without what student code may have registered for the end
