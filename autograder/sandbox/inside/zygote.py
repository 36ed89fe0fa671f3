"""The zygote: a warm interpreter that forks one locked child per submission.

It never sees student code. The grader talks to it over a packet socket: an order comes with the
child's two descriptors, the answer carries a pidfd, and a notice follows when the child has ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import os
import resource
import select
import signal
import socket
import sys
import traceback
from typing import Any

import msgspec

from autograder.sandbox.inside.child import Child, leave
from autograder.sandbox.inside.library import read_library, warm_up
from autograder.sandbox.inside.lockdown import Lock, address_space_now
from autograder.sandbox.inside.wire import (
    BROKEN_STATUS,
    OUT_OF_MEMORY_STATUS,
    Notice,
    Order,
    own_namespaces,
)

_PR_SET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 36
_MAX_DESCRIPTORS = 256
_OUTPUT_FD, _SOCKET_FD, _RULESET_FD = 2, 3, 4


class Zygote:
    """Serves orders until the grader hangs up, then kills what is left.

    Args:
        newest_landlock: Use no Landlock ABI above this one.
    """

    def __init__(self, control: socket.socket, newest_landlock: int) -> None:
        self._control = control
        self._children: dict[int, int] = {}  # pidfd -> pid
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._pid = os.getpid()
        resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_DESCRIPTORS, _MAX_DESCRIPTORS))
        warm_up()
        library = read_library()
        self._lock = Lock(newest_landlock)
        sys.meta_path[:] = [*sys.meta_path[:2], library]  # after built-in and frozen modules
        sys.path_hooks.clear()
        if len(os.listdir("/proc/self/task")) != 1:
            raise RuntimeError("the zygote has more than one thread; it can't fork safely")
        self._namespaces = own_namespaces()
        _be_killed_first()
        self._libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self._libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
        os.chdir("/")
        gc.collect()
        gc.freeze()
        self._base = address_space_now()

    def serve(self) -> None:
        """Fork and reap until the grader hangs up."""
        warm = Notice(
            "warm", pid=self._pid, landlock_abi=self._lock.abi, namespaces=self._namespaces
        )
        self._tell(warm)
        poller = select.poll()
        poller.register(self._control, select.POLLIN)
        while True:
            for fd, _ in poller.poll():
                if fd in self._children:
                    poller.unregister(fd)
                    self._reap(fd)
                    continue
                data, fds, _, _ = socket.recv_fds(self._control, 1 << 16, 2)
                if not data:
                    self._kill_all()
                    return
                pidfd = self._fork(msgspec.msgpack.decode(data, type=Order), fds)
                if pidfd is not None:
                    poller.register(pidfd, select.POLLIN)

    def _fork(self, order: Order, fds: list[int]) -> int | None:
        conversation, output = fds
        try:
            pid = os.fork()
        except OSError as error:
            os.close(conversation)
            os.close(output)
            self._tell(Notice("forked", error=str(error)))
            return None
        if pid == 0:
            status = BROKEN_STATUS
            try:
                self._become_child(order, conversation, output)
                status = 0
            except MemoryError:
                status = OUT_OF_MEMORY_STATUS
            except BaseException:
                why = traceback.format_exc()
                os.write(_OUTPUT_FD, f"the child could not go on: {why}\n".encode())
            finally:
                leave(status)
        os.close(conversation)
        os.close(output)
        pidfd = os.pidfd_open(pid)
        self._children[pidfd] = pid
        notice = msgspec.msgpack.encode(Notice("forked", pid=pid))
        socket.send_fds(self._control, [notice], [pidfd])
        return pidfd

    def _become_child(self, order: Order, conversation: int, output: int) -> None:
        os.setsid()
        self._lock.close_to_orphans(self._pid)
        # High numbers first, so that putting one in its place can't overwrite another.
        conversation, output, ruleset = (
            fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in (conversation, output, self._lock.ruleset)
        )
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(output, 1)
        os.dup2(output, _OUTPUT_FD)
        os.dup2(conversation, _SOCKET_FD)
        os.dup2(ruleset, _RULESET_FD)
        self._lock.ruleset = _RULESET_FD
        os.closerange(_RULESET_FD + 1, _MAX_DESCRIPTORS)
        os.environ.clear()
        self._lock.apply(order, self._base, self._pid)
        Child(_SOCKET_FD, _SOCKET_FD, 1).serve()

    def _reap(self, pidfd: int) -> None:
        pid = self._children.pop(pidfd)
        os.close(pidfd)
        _, status = os.waitpid(pid, 0)
        leftover = self._kill_strangers()
        self._tell(Notice("ended", pid=pid, status=status, leftover=leftover))

    def _kill_strangers(self) -> bool:
        """Kill what is below us and was not forked by us; tell whether there was anything.

        A process that a child started becomes our own child when its parent ends: we are the
        subreaper. There can be none as long as the filter holds.
        """
        found = False
        ours = set(self._children.values())
        for _ in range(1000):
            with open(f"/proc/self/task/{self._pid}/children") as file:
                strangers = {int(pid) for pid in file.read().split()} - ours
            if not strangers:
                break
            found = True
            for pid in strangers:
                with contextlib.suppress(ProcessLookupError, ChildProcessError):
                    os.kill(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
        return found

    def _kill_all(self) -> None:
        for pidfd in self._children:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        self._children.clear()
        self._kill_strangers()

    def _tell(self, notice: Notice) -> None:
        self._control.send(msgspec.msgpack.encode(notice))


def _only_this(control: socket.socket) -> socket.socket:
    """The same socket under a low number; every other descriptor is closed."""
    kept = socket.socket(fileno=os.dup(control.fileno()))
    for name in os.listdir("/proc/self/fd"):
        if int(name) > 2 and int(name) != kept.fileno():
            with contextlib.suppress(OSError):
                os.close(int(name))
    control.detach()
    return kept


def _be_killed_first() -> None:
    """When the machine runs out of memory, a child is to die, not the grader."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")


def serve_zygote(settings: dict[str, Any]) -> None:
    """Run the zygote on the descriptor that the grader passed."""
    control = _only_this(socket.socket(fileno=settings["control_fd"]))
    try:
        zygote = Zygote(control, settings["newest_landlock"])
    except Exception as error:
        control.send(msgspec.msgpack.encode(Notice("warm", error=f"{error}"[:900])))
        return
    zygote.serve()
