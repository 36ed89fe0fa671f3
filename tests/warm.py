"""The commands `autograder` and `nbgrader`, as forks of a process that has loaded what they load.

They are the true programs, each in a process of its own, and so are the desks at which they grade.
Loading takes most of the time of a small run; here it is done once for each of the two.
"""

import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import IO, Any

FOLDER = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parent.parent
LOADED = {
    "autograder": (
        *("autograder.cli", "autograder.grading.classrun", "autograder.grading.progress"),
        *("autograder.integrations.nbgrader.sink", "autograder.integrations.read_class"),
        *("autograder.integrations.exports.write", "autograder.reports.pages", "nbgrader.api"),
        *("autograder.reports.console", "sqlalchemy.dialects.sqlite", "nbformat.v4", "jupytext"),
        *("alembic.migration", "alembic.script", "autograder.grading.desk"),
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
    server = _server(command[0])
    with tempfile.TemporaryFile() as out, _second(stderr) as err, open(os.devnull) as nothing:
        streams = [stream.fileno() for stream in (nothing, out, err or out)]
        code = Forked(server, command, cwd, env, *streams, server.fileno()).wait()
        told = [stream.seek(0) or stream.read().decode() for stream in (out, err) if stream]
        return subprocess.CompletedProcess(command, code, *told)


class Forked:
    """A fork of a process that has loaded, in place of `subprocess.Popen`.

    Args:
        server: Where the process is asked.
        streams: Standard input, output and error; and the server's, who may ask for a desk there.
    """

    def __init__(
        self, server: socket.socket, command: tuple[str, ...], cwd: Path, env: dict[str, str],
        *streams: int,
    ) -> None:  # fmt: skip
        self.returncode: int | None = None
        self._answer, theirs = os.pipe()
        with tempfile.TemporaryFile() as asked:
            asked.write(json.dumps([command, str(cwd), env]).encode())
            asked.seek(0)
            socket.send_fds(server, [b"!"], [asked.fileno(), theirs, *streams])
        os.close(theirs)
        self.pid = self._told()

    def _told(self) -> int:
        said = os.read(self._answer, NUMBER.size)
        assert said, "the process that loads the command is gone: what it says is above"
        return int(NUMBER.unpack(said)[0])

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._answer], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._answer], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a fork", timeout or 0)
            self.returncode = self._told()
            os.close(self._answer)
        return self.returncode

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Started(Forked):
    """A command that runs meanwhile, in a session of its own; its desks are its own children."""

    def __init__(self, *command: str, cwd: Path, env: dict[str, str]) -> None:
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        with open(os.devnull) as nothing:
            streams = nothing.fileno(), to_out, to_err
            super().__init__(_server(command[0]), command, cwd, env, *streams)
        os.close(to_out)
        os.close(to_err)
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """What it says, which must not be much."""
        self.wait(timeout)
        with self.stdout, self.stderr:
            return self.stdout.read(), self.stderr.read()


NUMBER = struct.Struct("i")
DESK = "desk"


def desk(program: str) -> Forked:
    """In place of `far_end._start`: where a test grades without a command."""
    return _Desk(_server("autograder"), program)


class _Desk(Forked):
    def __init__(self, server: socket.socket, program: str) -> None:
        theirs, to = os.pipe()
        fro, ours = os.pipe()
        super().__init__(server, (DESK, program), Path.cwd(), dict(os.environ), theirs, ours, 2)
        os.close(theirs)
        os.close(ours)
        self.stdin, self.stdout = os.fdopen(to, "wb"), os.fdopen(fro, "rb")


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
    gc.collect()
    gc.freeze()  # what is loaded stays, and a fork that looks through it copies it
    with socket.socket(fileno=0) as asking:
        while True:
            byte, streams, _, _ = socket.recv_fds(asking, 1, 6)
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
    asked, answer, *streams = streams
    command = os.fork()
    if command:
        for stream in streams:
            os.close(stream)
        os.write(answer, NUMBER.pack(command))
        code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
        with contextlib.suppress(BrokenPipeError):  # who asked is gone
            os.write(answer, NUMBER.pack(code))
        os._exit(0)
    os.close(answer)
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # wherever the tests run
    with open(asked) as said:
        argv, folder, environment = json.load(said)
    for number, stream in enumerate(streams[:3]):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    _run(argv, *streams[3:])


def _run(argv: list[str], server: int | None = None) -> None:
    """Be a desk, or a command, perhaps one whose desks are forks, too."""
    from autograder.grading import far_end

    if argv[0] == DESK:
        exec(argv[1], {"__name__": "__main__"})
    if server is not None:
        asking = socket.socket(fileno=server)
        far_end._start = lambda program: _Desk(asking, program)  # type: ignore[return-value]
    sys.argv = [str(FOLDER / argv[0]), *argv[1:]]
    code: Any = 1
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
