"""Isolation levels: measured, refused when lower than asked, and in surroundings that are poorer.

Poorer surroundings are made: an older Landlock by using fewer rights, no root by a user namespace,
a container by a seccomp profile that refuses namespaces and mounts.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder.errors import IsolationError
from autograder.exercises.script import Call, Script
from autograder.sandbox import Cell, Limits, Sandbox, measure_isolation
from autograder.sandbox import worker as worker_module
from autograder.sandbox.inside import landlock
from autograder.sandbox.inside.library import MemoryLibrary
from tests.hostile.suite import descendants
from tests.sandbox.conftest import STRONGEST

ROOT = Path(__file__).resolve().parents[2]
SURROUNDINGS = Path(__file__).parent / "surroundings.py"


def in_surroundings(kind: str, asked: str) -> dict[str, object]:
    """Open a sandbox in a process that was made poorer; return what it found."""
    done = subprocess.run(
        [sys.executable, str(SURROUNDINGS), kind, asked],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=120,
        check=False,
    )
    if done.returncode == 77:
        pytest.skip(done.stdout.strip())
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


every_level = pytest.mark.parametrize(
    "sandbox", [*dict.fromkeys((STRONGEST, "kernel")), "none"], indirect=True
)


@every_level
def test_the_level_is_measured(sandbox: Sandbox) -> None:
    measured = sandbox.measured
    if sandbox.isolation == "none":
        assert measured.attempts == ()
        return
    assert len(measured.attempts) >= 20
    assert all(attempt.refused for attempt in measured.attempts)
    assert measured.layers and all(measured.layers.values())
    assert measured.harm == ()
    assert measured.shortfall() in ("nothing is missing", "no own namespace for ipc, mnt, net, pid")
    if sandbox.isolation == "full":
        assert {"pid", "net", "mnt", "ipc"} <= set(measured.namespaces)


def test_measuring_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    measured, advice = measure_isolation()
    assert measured.level in ("full", "kernel")
    assert bool(advice) == (measured.level != "full")
    monkeypatch.setattr(sys, "platform", "darwin")
    measured, advice = measure_isolation()
    assert measured.level == "none"
    assert "macOS" in "\n".join(advice)


@pytest.mark.parametrize(("platform", "says"), [("darwin", "macOS"), ("win32", "WSL2")])
def test_other_systems_are_refused(
    monkeypatch: pytest.MonkeyPatch, platform: str, says: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(IsolationError, match=says) as refusal:
        Sandbox()
    assert "container" in str(refusal.value)


@pytest.mark.parametrize("abi", range(1, landlock.NEWEST + 1))
def test_older_landlocks_hold(abi: int) -> None:
    with Sandbox(isolation="kernel", newest_landlock=abi) as opened:
        assert opened.isolation == "kernel"
        assert opened.measured.landlock_abi <= abi


def test_no_landlock_is_refused() -> None:
    with pytest.raises(IsolationError, match=r"Landlock"):
        Sandbox(isolation="kernel", newest_landlock=0)


def test_full_without_bubblewrap_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(IsolationError, match="apt install bubblewrap"):
        Sandbox(isolation="full")
    with Sandbox() as opened:
        assert opened.isolation == "kernel"


@pytest.mark.parametrize("asked", ["kernel", "auto"])
def test_no_root_is_needed(asked: str) -> None:
    found = in_surroundings("no_root", asked)
    assert found["uid"] == 1000
    assert found["level"] in ("kernel", "full")
    assert found["honest"] == 6.0


def test_in_a_container_the_level_is_kernel() -> None:
    found = in_surroundings("container", "auto")
    assert found["level"] == "kernel"
    assert found["honest"] == 6.0


def test_in_a_container_without_root_too() -> None:
    found = in_surroundings("container_no_root", "auto")
    assert found["uid"] == 1000
    assert found["level"] == "kernel"


def test_in_a_container_full_is_refused() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    found = in_surroundings("container", "full")
    assert "can't be contained here at level 'full'" in str(found["refused"])


def test_root_without_capabilities_is_enough() -> None:
    found = in_surroundings("no_capabilities", "kernel")
    assert found["level"] == "kernel"


def test_a_link_that_leads_out_of_sight_is_no_module(tmp_path: Path) -> None:
    """Debian's sitecustomize.py links to /etc, which bubblewrap does not show."""
    (tmp_path / "there.py").write_text("x = 1")
    (tmp_path / "gone.py").symlink_to(tmp_path / "nowhere.py")
    library = MemoryLibrary()
    library.read(str(tmp_path))
    assert library.find_spec("there") is not None and library.find_spec("gone") is None


# When something breaks --------------------------------------------------------------------------

CELLS = [Cell("import os\ndef honest(x):\n    return 2 * x\ndef die():\n    os._exit(0)", "cell 1")]


def honest(opened: Sandbox) -> object:
    with opened.open(CELLS) as session:
        return session.run(Script(0, (Call("honest", (3.0,)),)))[0].value


def zygote(opened: Sandbox) -> int:
    assert opened._worker is not None
    return opened._worker._process.pid


def test_a_dead_zygote_is_replaced() -> None:
    with Sandbox(isolation="kernel") as opened:
        first = zygote(opened)
        os.kill(first, signal.SIGKILL)
        assert honest(opened) == 6.0
        assert zygote(opened) != first


def test_a_wedged_zygote_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "ANSWER_SECONDS", 0.5)
    with Sandbox(isolation="kernel") as opened:
        first = zygote(opened)
        os.kill(first, signal.SIGSTOP)
        assert honest(opened) == 6.0
        assert zygote(opened) != first


def test_a_zygote_that_dies_under_a_session_costs_nothing() -> None:
    with Sandbox(isolation="kernel") as opened, opened.open(CELLS) as session:
        os.kill(zygote(opened), signal.SIGKILL)
        outcomes = [session.run(Script(0, (Call("honest", (3.0,)),)))[0] for _ in range(2)]
        assert outcomes[-1].value == 6.0


def test_a_child_that_ends_before_its_first_word_costs_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The machine had no memory left, or whoever killed its zygote hit it first."""
    true = worker_module.Worker.fork
    forked: list[worker_module.LockedChild] = []

    def fork(self: worker_module.Worker, limits: Limits) -> worker_module.LockedChild:
        forked.append(true(self, limits))
        if len(forked) == 1:
            signal.pidfd_send_signal(forked[0]._pidfd, signal.SIGKILL)
        return forked[-1]

    with Sandbox(isolation="kernel") as opened:
        monkeypatch.setattr(worker_module.Worker, "fork", fork)
        assert honest(opened) == 6.0


@every_level
def test_nothing_outlives_the_grader(sandbox: Sandbox) -> None:
    program = (
        "from autograder.sandbox import *; from autograder.exercises.script import *\n"
        f"box = Sandbox(isolation={sandbox.isolation!r})\n"
        "session = box.open([Cell('def hang():\\n    while True: pass', 'c')])\n"
        "print('up', flush=True)\n"
        "session.run(Script(0, (Call('hang'),)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == b"up\n"
        below = descendants(process.pid)
        assert below
        process.kill()
        process.wait()
    if sandbox.isolation == "none":
        for pid in below:  # nothing ends a plain subprocess but its own end of input
            os.kill(pid, signal.SIGKILL)
        return
    for _ in range(200):
        alive = [pid for pid in below if is_alive(pid)]
        if not alive:
            break
        time.sleep(0.05)
    assert alive == []


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_an_answer_to_another_is_not_waited_for() -> None:
    """Two sessions of one worker at a time keep apart."""
    with (
        Sandbox(isolation="kernel") as opened,
        opened.open(CELLS) as one,
        opened.open(CELLS, Limits(memory_mb=128)) as two,
    ):
        assert one.run(Script(0, (Call("die"),)))[0].failure is not None
        assert two.run(Script(0, (Call("honest", (1.0,)),)))[0].value == 2.0
        assert one.run(Script(0, (Call("honest", (1.0,)),)))[0].value == 2.0
