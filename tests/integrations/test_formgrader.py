"""The formgrader, served by Jupyter and opened in a browser."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integrations import classroom
from tests.integrations.classroom import ASSIGNMENT, NAME, changed, hand_in, run

pytestmark = pytest.mark.slow

EVIL = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">"
BROWSER = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update --virtual-time-budget=15000 "
    "--window-size=1200,1800"
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = classroom.make_course(tmp_path_factory.mktemp("formgrader") / "course")
    notebook = classroom.small_notebook(root)
    evil = changed(classroom.solved(notebook), "scale_backward_code", "np.sum(", "np.mean(")
    classroom.find(evil, "text_why")["source"] = f"Because ${{a<b}}$ {EVIL}"
    evil["cells"].append({"cell_type": "markdown", "id": "evil", "metadata": {}, "source": EVIL})
    evil["cells"][3]["outputs"] = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": EVIL}}
    ]
    hand_in(root, "ada", evil)
    hand_in(root, "eve", "this is not a notebook")
    run(root, "autograder", "grade")
    return root


@pytest.fixture(scope="module")
def server(course: Path) -> Iterator[str]:
    """The URL of a Jupyter server in the course, open to this machine only."""
    runtime = course / "home" / "runtime"
    runtime.mkdir(parents=True)
    command = [
        *(sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"),
        *("--ServerApp.port=0", "--ip=127.0.0.1", f"--ServerApp.root_dir={course}"),
        *("--IdentityProvider.token=", "--ServerApp.password="),
        "--ServerApp.disable_check_xsrf=True",
    ]
    settings = {
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "HOME": str(course / "home"),
        "PYTHONPATH": str(classroom.TESTS.parent),
    }
    with (course / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=course, env={**os.environ, **settings}, stdout=log, stderr=log
        )
        try:
            yield _url(process, runtime, course / "server.log")
        finally:
            process.terminate()
            process.wait(30)


def _url(process: "subprocess.Popen[bytes]", runtime: Path, log: Path) -> str:
    """Where the server listens, as soon as it answers."""
    for _ in range(600):
        for info in runtime.glob("jpserver-*.json"):
            try:
                url = str(json.loads(info.read_text())["url"])
                with urllib.request.urlopen(f"{url}api", timeout=60):
                    return url
            except (OSError, ValueError):  # not written or not listening yet
                pass
        assert process.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def page(chromium: str, url: str, folder: Path) -> str:
    """The document that a browser has made of a page."""
    profile = f"--user-data-dir={folder / 'profile'}"
    done = subprocess.run(
        [chromium, *BROWSER.split(), profile, "--dump-dom", url],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout


def submissions(server: str) -> dict[str, dict[str, object]]:
    url = f"{server}formgrader/api/submitted_notebooks/{ASSIGNMENT}/{NAME}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return {one["student"]: one for one in json.load(answer)}


@pytest.mark.browser
def test_the_list_shows_the_scores(server: str, chromium: str, tmp_path: Path) -> None:
    found = submissions(server)
    assert found["ada"]["score"] == 9.5 - 2.5 / 2
    assert (found["ada"]["needs_manual_grade"], found["eve"]["needs_manual_grade"]) == (True, False)
    seen = page(chromium, f"{server}formgrader/gradebook/{ASSIGNMENT}/{NAME}", tmp_path)
    assert f"8.25 / {classroom.POINTS}" in seen


@pytest.mark.browser
def test_a_submission_shows_findings_rubric_and_model_answer_and_runs_nothing_of_the_students(
    server: str, course: Path, chromium: str, tmp_path: Path
) -> None:
    number = submissions(server)["ada"]["id"]
    seen = page(chromium, f"{server}formgrader/submissions/{number}/", tmp_path)
    assert "da is averaged; it is a sum." in seen
    assert "document.title" in seen  # as text
    assert "<title>owned" not in seen
    assert "<script>document.title" not in seen and '<img src="x"' not in seen
    assert 'placeholder="1.25"' in seen or 'value="1.25"' in seen
    assert "Model answer" in seen and "Graded by" in seen
    for path in (course / "autograded").rglob("*.ipynb"):  # it stands there alone
        assert "Model answer" not in path.read_text()


def test_manage_assignments_lists_what_was_graded(server: str) -> None:
    with urllib.request.urlopen(f"{server}formgrader/api/assignments", timeout=60) as answer:
        (one,) = json.load(answer)
    assert one["name"] == ASSIGNMENT


@pytest.mark.browser
def test_an_unreadable_submission_says_why(server: str, chromium: str, tmp_path: Path) -> None:
    number = submissions(server)["eve"]["id"]
    seen = page(chromium, f"{server}formgrader/submissions/{number}/", tmp_path)
    assert "This submission could not be read" in seen


def autograde(server: str, student: str) -> dict[str, object]:
    """Press the button "Autograde"."""
    url = f"{server}formgrader/api/submission/{ASSIGNMENT}/{student}/autograde"
    request = urllib.request.Request(url, data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=120) as answer:
        said: dict[str, object] = json.load(answer)
    return said


def test_the_button_autograde_grades_with_the_source_as_it_is_now(
    server: str, course: Path
) -> None:
    notebook = classroom.small_notebook(course)
    hand_in(course, "bob", classroom.solved(notebook))
    said = autograde(server, "bob")
    assert said["success"], said
    assert submissions(server)["bob"]["score"] == 9.5
    source = notebook.path
    source.write_text(source.read_text().replace("points=3,", "points=4,"))
    said = autograde(server, "bob")
    assert said["success"], said
    assert submissions(server)["bob"]["score"] == 10.5
