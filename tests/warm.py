"""The commands `autograder` and `nbgrader`, as forks of a process that has loaded what they load.

They are the true programs, each in a process of its own. Loading takes most of the time of a small
run; here it is done once for each of the two.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import IO

FOLDER = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
LOADED = {
    "autograder": (
        *("autograder.cli", "autograder.grading.classrun", "autograder.grading.progress"),
        *("autograder.integrations.nbgrader.sink", "autograder.integrations.read_class"),
        *("autograder.integrations.exports.write", "autograder.reports.pages", "nbgrader.api"),
        *("autograder.reports.console", "sqlalchemy.dialects.sqlite", "nbformat.v4", "jupytext"),
        *("alembic.migration", "alembic.script"),
    ),
    "nbgrader": (
        *("nbgrader.apps.nbgraderapp", "autograder.integrations.nbgrader.autograde"),
        *("autograder.course.nbgrader_steps", "autograder.integrations.nbgrader.feedback_page"),
    ),
}


def run(
    *command: str, cwd: Path, env: dict[str, str], stderr: int = subprocess.PIPE
) -> "subprocess.CompletedProcess[str]":
    """Run a command of this environment, as `subprocess.run` does."""
    if command[0] not in LOADED:
        return subprocess.run(
            [str(FOLDER / command[0]), *command[1:]],
            cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
            text=True, timeout=900,
        )  # fmt: skip
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as out, _second(stderr) as err:
        asked.write(json.dumps([command, str(cwd), env]).encode())
        asked.seek(0)
        answer, theirs = os.pipe()
        with open(answer) as ended:
            streams = [asked.fileno(), out.fileno(), (err or out).fileno(), theirs]
            socket.send_fds(_server(command[0]), [b"!"], streams)
            os.close(theirs)
            said = ended.read()
            assert said, "the process that loads the command is gone: what it says is above"
            code = int(said)
        told = [stream.seek(0) or stream.read().decode() for stream in (out, err) if stream]
        return subprocess.CompletedProcess(command, code, *told)


def _second(stderr: int) -> contextlib.AbstractContextManager[IO[bytes] | None]:
    return contextlib.nullcontext() if stderr == subprocess.STDOUT else tempfile.TemporaryFile()


@functools.cache
def _server(name: str) -> socket.socket:
    """A process that has loaded a command; it ends when this end is closed."""
    here, there = socket.socketpair()
    with there:
        process = subprocess.Popen(
            [sys.executable, "-c", f"from tests.warm import serve; serve({name!r})"],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=there,
        )
    atexit.register(lambda: (here.close(), process.wait()))
    return here


def serve(name: str) -> None:
    """Load a command, and run it as often as it is asked for; each time in a process."""
    if name == "autograder":
        from autograder.course.quick_import import load_nbgrader

        load_nbgrader()
    for module in LOADED[name]:
        importlib.import_module(module)
    with socket.socket(fileno=0) as asking:
        while True:
            byte, streams, _, _ = socket.recv_fds(asking, 1, 4)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG if byte else 0)[0]:
                    pass
            if not byte:
                os._exit(0)
            if os.fork() == 0:
                break
            for stream in streams:
                os.close(stream)
    os.setsid()
    asked, out, err, answer = streams
    command = os.fork()
    if command:
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        os.write(answer, str(code).encode())
        os._exit(0)
    os.close(answer)
    with open(asked) as said:
        argv, folder, environment = json.load(said)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, stream in enumerate((out, err), 1):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [str(FOLDER / argv[0]), *argv[1:]]
    code = 1
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)  # tearing down what was loaded would take longer than a small run
