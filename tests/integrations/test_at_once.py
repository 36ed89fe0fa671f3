"""Several runs write to one gradebook, in SQLite and in PostgreSQL; the server is a real one."""

import multiprocessing
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from autograder.integrations.classbook import enrolled, read_hand_scores
from autograder.integrations.nbgrader.gradebook import GradebookError, open_gradebook
from tests.integrations import classroom
from tests.integrations.classroom import ASSIGNMENT, NAME
from tests.integrations.test_sink import POINTS, Desk, result

STUDENTS = [f"s{number:02}" for number in range(24)]


def program(name: str) -> str | None:
    """A program of PostgreSQL's server, which Debian keeps out of the way."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return shutil.which(name, path=os.pathsep.join([*map(str, places), os.environ["PATH"]]))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a database on a server that ends with the tests."""
    pytest.importorskip("psycopg")
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("PostgreSQL's server is not installed")
    folder = tempfile.mkdtemp()
    user = None
    if os.geteuid() == 0:  # which the server refuses to be
        user = "postgres"
        shutil.chown(folder, user)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    data, log = f"{folder}/data", f"{folder}/log"
    options = f"-h 127.0.0.1 -p {port} -k '' -F"
    try:
        run(initdb, "-D", data, "-A", "trust", "-U", "grader", "-E", "UTF8", "--locale=C")
        run(pg_ctl, "-D", data, "-l", log, "-w", "-o", options, "start")
        try:
            yield f"postgresql+psycopg://grader@127.0.0.1:{port}/postgres"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A gradebook that nobody made yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'gradebook.db'}?timeout=60"
        return
    from sqlalchemy import create_engine, make_url, text

    server = str(request.getfixturevalue("server"))
    admin = create_engine(server, isolation_level="AUTOCOMMIT")
    name = f"course_{os.getpid()}_{len(list(tmp_path.parent.iterdir()))}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def scores(root: Path, url: str) -> dict[str, float]:
    """Student -> the sum of all scores, as nbgrader reads them; everybody once."""
    with open_gradebook(url, "backprop") as gradebook:
        found = gradebook.find_assignment(ASSIGNMENT).submissions
        students = [submission.student_id for submission in found]
        assert len(set(students)) == len(students)
        return {s.student_id: sum(g.auto_score or 0 for g in s.notebooks[0].grades) for s in found}


def test_runs_that_write_at_once_lose_no_score_and_bother_nobody(course: Path, url: str) -> None:
    """They make the gradebook, fill it, and write overlapping halves of a class."""
    Desk(course).write(result("s00"))  # in another gradebook: what that loads, the runs have
    for student in STUDENTS:
        Desk(course).hand_in(student)
    processes = multiprocessing.get_context("fork")  # with threads, `ast.parse` fails in 3.11
    ready = processes.Barrier(3)

    def run(students: list[str]) -> None:
        desk = Desk(course)
        ready.wait()
        for _ in range(3):
            for some in range(0, len(students), 4):
                desk.write(*map(result, students[some : some + 4]), gradebook=url)

    halves = (STUDENTS[:16], STUDENTS[8:], STUDENTS[::-1])
    runs = [processes.Process(target=run, args=(half,)) for half in halves]
    for one in runs:
        one.start()
    for one in runs:
        one.join()
    assert [one.exitcode for one in runs] == [0, 0, 0]  # what stopped one stands on its stderr
    expected = sum(POINTS.values()) - POINTS["text_why"]
    assert scores(course, url) == dict.fromkeys(STUDENTS, expected)
    assert enrolled(course, url) == STUDENTS


def test_two_graders_at_once_on_one_course(course: Path, url: str) -> None:
    """The command itself, twice at once, and once more to see that all stands."""
    for student in STUDENTS[:4]:
        Desk(course).hand_in(student)
    shutil.rmtree(course / ".secret")  # they agree about the seed, too
    command = ("autograder", "grade", "-q", "--jobs", "1", "--gradebook", url)
    with ThreadPoolExecutor(2) as pool:
        for one in [pool.submit(classroom.run, course, *command) for _ in range(2)]:
            one.result()
    assert scores(course, url) == dict.fromkeys(STUDENTS[:4], classroom.POINTS - classroom.BY_HAND)
    assert "4 stood already" in classroom.run(course, *command)


def test_scores_by_hand_are_read_from_any_database(course: Path, url: str) -> None:
    Desk(course).hand_in("ada")
    Desk(course).write(result("ada"), gradebook=url)
    with open_gradebook(url, "backprop") as gradebook:
        grade = gradebook.find_grade("text_why", NAME, ASSIGNMENT, "ada")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    Desk(course).write(result("ada"), fresh=False, gradebook=url)
    hands = read_hand_scores(course, url).rows
    assert hands[ASSIGNMENT, "ada", "text_why"].manual == 1.5


def test_a_server_that_is_not_there_is_a_clear_error(course: Path) -> None:
    pytest.importorskip("psycopg")
    Desk(course).hand_in("ada")
    away = "postgresql+psycopg://me:secret@127.0.0.1:9/course"
    with pytest.raises(GradebookError, match=r"me:\*\*\*@127.0.0.1.*run the same command again"):
        Desk(course).write(result("ada"), gradebook=away)
    assert enrolled(course, away) == []
