"""Grading on Dask's workers: nothing is shared with them, some refuse, some die."""

import itertools
import os
import pickle
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from autograder.course import load_course
from autograder.errors import IsolationError
from autograder.grading import cluster, desk
from autograder.grading.classrun import grade_class
from autograder.grading.desk import Terms
from autograder.grading.dispatch import DesertedError
from autograder.grading.store import ClassReport, Store

from .conftest import ASSIGNMENT, Class
from .test_classrun import run
from .test_command import done, linux, slow_class, wait_for

distributed = pytest.importorskip("distributed")


class Elsewhere:
    """A client whose workers run here, one after the other, while the course is out of reach.

    Args:
        refusing: The workers that cannot isolate.
    """

    def __init__(self, small: Class, patch: pytest.MonkeyPatch, refusing: Sequence[str]) -> None:
        self.small, self.patch, self.refusing = small, patch, refusing
        self.has = {name: cluster._Here() for name in ("a", "b")}
        self.turns = itertools.cycle(self.has)
        self.graded: list[str] = []
        self.lost: list[Exception] = []  # what becomes of the first that are sent

    def nthreads(self) -> dict[str, int]:
        return dict.fromkeys(self.has, 1)

    def submit(
        self, call: Callable[[Any], Any], order: Any, workers: Any = None, **how: Any
    ) -> Future[Any]:
        worker = next(w for w in self.turns if workers is None or w in workers)
        away = self.small.root.with_name("away")
        answer: Future[Any] = Future()
        if self.lost:
            answer.set_exception(self.lost.pop())
            return answer
        self.small.root.rename(away)
        try:
            with self.patch.context() as patch:
                patch.setattr(cluster, "_here", self.has[worker])
                patch.setattr(cluster, "_address", lambda: worker)
                if worker in self.refusing:
                    patch.setattr(cluster, "grade_at_desk", refuse)
                found = pickle.loads(pickle.dumps(call(pickle.loads(pickle.dumps(order)))))
            answer.set_result(found)
            if not isinstance(found, (cluster.Unknown, cluster.Refused)):
                self.graded.append(worker)
        except Exception as error:
            answer.set_exception(error)
        finally:
            away.rename(self.small.root)
        return answer

    def close(self, timeout: float) -> None: ...

    def end(self) -> None:
        """The workers end."""
        for here in self.has.values():
            here.close()
        desk._desk().close()
        desk._desk.cache_clear()


Make = Callable[[str], Elsewhere]


@pytest.fixture
def elsewhere(small_class: Class, monkeypatch: pytest.MonkeyPatch) -> Iterator[Make]:
    made: list[Elsewhere] = []

    def make(refusing: str) -> Elsewhere:
        made.append(Elsewhere(small_class, monkeypatch, refusing))
        return made[-1]

    yield make
    for client in made:
        client.end()


def refuse(*_: Any) -> None:
    raise IsolationError("neither Landlock nor bubblewrap works here")


def grade(small: Class, client: Elsewhere, **how: Any) -> ClassReport:
    with client.patch.context() as patch:
        patch.setattr(distributed, "Client", lambda *args, **kwargs: client)
        return grade_class(
            load_course(small.root),
            Terms(small.root, small.submitted),
            Store(small.results),
            lambda todo: cluster.ClusterPool("tcp://127.0.0.1:1"),
            **how,
        )


def test_a_worker_needs_neither_course_nor_submissions(small_class: Class, elsewhere: Make) -> None:
    small_class.hand_in("ada")
    small_class.hand_in("Zoë", lambda text: text.replace("np.sum(dout * x)", "np.mean(dout * x)"))
    small_class.write("garbage", "{not json")
    outside = small_class.root / "notebook.ipynb"
    outside.write_text("{}")
    link = small_class.path("link")
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    client = elsewhere("")
    report = grade(small_class, client)
    assert report.ok and set(client.graded) == {"a", "b"}
    sent = [Store(small_class.results).get(ASSIGNMENT, r.student) for r in report.results]
    run(small_class, explain=True, force=True)
    for result in sent:
        assert result is not None
        student = result.student
        here = small_class.result(student)
        assert (result.status, result.score, result.digest, result.message) == (
            here["status"], here["score"], here["digest"], here.get("message", "")
        )  # fmt: skip
        assert [r.digest for r in result.rows] == [r.get("digest", "") for r in here["rows"]]
        assert [[f.where for f in r.findings] for r in result.rows] == [
            [f.where for f in r.findings]
            for r in Store(small_class.results).get(ASSIGNMENT, student).rows  # type: ignore[union-attr]
        ]
    # A change of the course reaches the workers.
    source = small_class.notebook.path
    source.write_text(source.read_text().replace('points={"forward": 1,', 'points={"forward": 2,'))
    assert grade(small_class, client).ok
    assert small_class.result("ada")["points"] == small_class.notebook.points + 1


@pytest.mark.parametrize("refusing", ["a", "ab"])
def test_a_worker_that_cannot_isolate_refuses_and_others_grade(
    small_class: Class, elsewhere: Make, monkeypatch: pytest.MonkeyPatch, refusing: str
) -> None:
    for student in ("ada", "bob", "eve"):
        small_class.hand_in(student)
    client = elsewhere(refusing)
    if refusing == "ab":
        monkeypatch.setattr(cluster, "REFUSAL_SECONDS", 0.0)
        with pytest.raises(IsolationError, match=r"no worker can isolate.*neither Landlock"):
            grade(small_class, client)
        assert not done(small_class)
    else:
        assert grade(small_class, client, explain=False).ok
        assert client.graded == ["b", "b", "b"]


def test_where_all_refuse_the_next_worker_is_waited_for(
    small_class: Class, elsewhere: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_class.hand_in("ada")
    client = elsewhere("a")
    there = itertools.chain(["a"], itertools.repeat("ab"))  # a is asked, and then b comes
    monkeypatch.setattr(cluster, "COUNT_SECONDS", 0.01)
    monkeypatch.setattr(client, "nthreads", lambda: dict.fromkeys(next(there), 1))
    monkeypatch.setattr(cluster.ClusterPool, "width", 1)
    assert grade(small_class, client, explain=False).ok
    assert client.graded == ["b"]


def test_a_worker_that_refused_is_nobody_to_wait_for(
    elsewhere: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "Client", lambda *args, **kwargs: elsewhere("a"))
    pool = cluster.ClusterPool("tcp://127.0.0.1:1")
    pool._refusing["a"] = "neither Landlock nor bubblewrap works here"
    assert pool.width == 1


def test_a_submission_whose_workers_died_is_sent_once_more(
    small_class: Class, elsewhere: Make
) -> None:
    for student in ("ada", "bob"):
        small_class.hand_in(student)
    client = elsewhere("")
    client.lost = [distributed.KilledWorker("grade", None, 3)]
    assert grade(small_class, client, explain=False).ok
    assert len(client.graded) == 2


def test_the_end_of_the_scheduler_ends_the_run_and_costs_no_grade(
    small_class: Class, elsewhere: Make
) -> None:
    for student in ("ada", "bob"):
        small_class.hand_in(student)
    client = elsewhere("")
    assert grade(small_class, client, explain=False).ok
    before = [path.read_bytes() for path in done(small_class)]
    for student in ("ada", "bob"):
        small_class.hand_in(student, lambda text: text + "\n#")
    cancelled = distributed.client.FutureCancelledError("grade", "scheduler-connection-lost")
    closed = distributed.client.ClosedClientError("Client is closed")
    for client.lost in ([cancelled], [closed]):
        if closed in client.lost:
            client.patch.setattr(client, "submit", lambda *_, **__: raises(client.lost[0]))
        with pytest.raises(DesertedError, match=r"scheduler does not answer any more .* again"):
            grade(small_class, client, explain=False)
        assert [path.read_bytes() for path in done(small_class)] == before


def raises(error: Exception) -> None:
    raise error


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts programs of Dask, each a process of its own, in a folder far from any course."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    started = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        program = subprocess.Popen(
            [*command, "--scheduler-file", str(folder / "scheduler.json")],
            cwd=folder,
            env={**os.environ, "TMPDIR": str(folder)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        started.append(program)
        return program

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        yield start
    finally:
        for program in reversed(started):
            program.kill()
            program.wait()
        shutil.rmtree(folder, ignore_errors=True)


REFUSING = """
from autograder.errors import IsolationError
from autograder.grading import cluster, desk
def refuse(*_):
    raise IsolationError("not here")
cluster.grade_at_desk = refuse
"""


@pytest.mark.slow
@linux
def test_a_class_on_a_cluster_that_loses_a_worker(
    small_class: Class, tmp_path: Path, scheduler: Callable[..., subprocess.Popen[bytes]]
) -> None:
    """Real processes: two workers of which one is killed, and one that cannot isolate."""
    students = slow_class(small_class)
    small_class.write("garbage", "{not json")
    (tmp_path / "refusing.py").write_text(REFUSING)
    worker = ("worker", "--host", "127.0.0.1", "--no-nanny", "--nthreads", "1")
    file = tmp_path / "elsewhere" / "scheduler.json"
    with distributed.Client(scheduler_file=str(file), timeout="60s") as client:
        address = client.scheduler.address
        process = small_class.start("grade", "--no-explain", "--scheduler", address)
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
        assert said[1] == "No worker is there yet: waiting for one.\n", said
        first = scheduler(*worker)
        scheduler(*worker)
        scheduler(*worker, "--preload", str(tmp_path / "refusing.py"))
        client.wait_for_workers(3, timeout=60)
    wait_for(lambda: len(done(small_class)) >= 2, process)
    os.kill(first.pid, signal.SIGKILL)
    out, error = process.communicate(timeout=120)
    assert (process.returncode, error) == (0, ""), out + error
    for student in students:
        assert small_class.result(student)["status"] == "graded"
        assert small_class.result(student)["isolation"] in ("full", "kernel")
    assert len({small_class.result(student)["score"] for student in students}) == 1
    assert small_class.result("garbage")["status"] == "unreadable"
    code, out, _ = small_class.run("grade", "--scheduler", address)
    assert code == 0 and "0 graded now" in out
    # The next worker on a machine removes what one that was killed had of the course.
    kept = {path for path in file.parent.rglob("course.seed")}
    fresh = scheduler(*worker)
    wait_for(lambda: len(kept) > sum(path.exists() for path in kept) > 0, fresh)


def test_a_scheduler_that_does_not_answer(
    small_class: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "ANSWER_SECONDS", 0.1)
    small_class.hand_in("ada")
    code, error = small_class.refused("grade", "--scheduler", "tcp://127.0.0.1:9")
    assert code == 1 and "no Dask scheduler answers" in error
    code, error = small_class.refused("grade", "--scheduler", "no-port")
    assert code == 2 and "HOST:PORT" in error
