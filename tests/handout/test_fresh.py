"""From an empty folder to a graded class, with what is installed and nothing of this repository.

The kit is built as sdist, from that as wheel, and installed into a fresh environment; it makes a
course, releases it and hands it out; a student starts from the zip, in another fresh environment,
with the commands of its README; the class is graded.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import zipfile
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.course import load_course
from autograder.course.leaks import find_leaks
from tests.handout.browser import Page

ROOT = Path(__file__).parents[2]
NOTEBOOK = "01_leaky/leaky.ipynb"
SHOWN = "window.jupyterapp.shell.currentWidget"
IDLE = f"{SHOWN}?.sessionContext?.session?.kernel?.status == 'idle'"
OUTSIDE = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV"))}
"""What the machine itself says, such as how pip reaches an index."""
OUTSIDE["PIP_COMPILE"] = "0"  # most of what is installed is never imported
pytestmark = pytest.mark.slow


def run(folder: Path, *command: str | Path, code: int = 0) -> str:
    """Run a command with nothing of this repository in sight; its output."""
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        env=OUTSIDE | {"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout + done.stderr


def needs(of: Distribution, extra: str) -> list[Requirement]:
    """What a package asks for, with one of its extras or without ("")."""
    found = map(Requirement, of.requires or ())
    return [n for n in found if not n.marker or n.marker.evaluate({"extra": extra})]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    hatchling = [sys.executable, "-m", "hatchling", "build", "-d", str(folder), "-t"]
    subprocess.run([*hatchling, "sdist"], cwd=ROOT, check=True, capture_output=True)
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder / "unpacked", filter="data")
    (source,) = (folder / "unpacked").iterdir()
    subprocess.run([*hatchling, "wheel"], cwd=source, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return sdist, wheel


def test_neither_archive_holds_a_line_of_a_solution(built, tmp_path):
    sdist, wheel = built
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "wheel")
    (source,) = (tmp_path / "sdist").iterdir()
    assert {path.name for path in source.iterdir()} == {
        *("autograder", "constraints.txt", "pyproject.toml", "README.md", "LICENSE", "PKG-INFO"),
        ".gitignore",
    }
    templates = [path for path in tmp_path.rglob("*.template") if "solutions" in path.parts]
    assert len(templates) == 2
    for path in templates:  # the course that `init` writes is solved: it is an instructor's
        path.unlink()
    leaks = find_leaks(load_course(ROOT).notebooks, tmp_path, None)
    assert [leak for leak in leaks if "a solution marker" not in leak] == []  # they name the marker


def bring(environment: Path, waiting: list[Requirement]) -> None:
    """Put into an environment what is asked for, and nothing else, as if it came from an index.

    It is linked from where `make setup` has put it by pip, from the same pins; what lies outside
    of `site-packages` is copied.
    """
    (site,) = (environment / "lib").glob("python*/site-packages")
    seen: dict[str, set[str]] = {}
    while waiting:
        asked = waiting.pop()
        had = seen.setdefault(canonicalize_name(asked.name), set())
        if new := {"", *asked.extras} - had:
            had |= new
            there = distribution(asked.name)
            waiting += [need for extra in new for need in needs(there, extra)]
            for file in there.files or ():
                if file.parts[0] == "..":
                    to = Path(os.path.normpath(site / file))
                    to.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(there.locate_file(file), to)
                    if to.parent.name == "bin":
                        here = str(environment.resolve())
                        to.write_text(to.read_text().replace(sys.prefix, here))
                elif file.parts[0] != "__pycache__" and not (site / file.parts[0]).exists():
                    (site / file.parts[0]).symlink_to(there.locate_file(file.parts[0]))


@pytest.fixture(scope="module")
def instructor(built, tmp_path_factory) -> Path:
    """A fresh environment with the kit from its wheel; the folder of its commands."""
    folder = tmp_path_factory.mktemp("instructor")
    run(folder, sys.executable, "-m", "venv", "--without-pip", "venv")
    (kit,) = distributions(path=[str(built[1])])
    bring(folder / "venv", needs(kit, "instructor"))
    pip = (sys.executable, "-m", "pip", "--python", "venv/bin/python", "install", "-q")
    run(folder, *pip, "--no-deps", built[1])
    return folder / "venv" / "bin"


@pytest.fixture(scope="module")
def course(instructor, tmp_path_factory) -> Path:
    """A course of one's own, released and handed out."""
    folder = tmp_path_factory.mktemp("own")
    assert "Wrote mine" in run(folder, instructor / "autograder", "init", "mine")
    root = folder / "mine"
    assert "released 1 notebook" in run(root, instructor / "autograder", "release")
    assert "Every proof holds." in run(root, instructor / "autograder", "validate")
    assert "handout.zip" in run(root, instructor / "autograder", "handout")
    return root


def test_the_syllabus_of_a_new_course_says_what_its_notebook_is(course: Path) -> None:
    notebook = load_course(course).assignment("01_leaky")
    page = (course / "docs/syllabus.md").read_text()
    mistakes = sum(len(exercise.mistakes) for exercise in notebook.exercises)
    assert f"| {notebook.points:g} | 2 | 1 | {mistakes} |" in page
    assert re.findall(r"\| `(\w+)` \| (\d) \|", page) == [
        (row.id, f"{row.points:g}") for row in notebook.rows
    ]


def solved(course: Path, wrong: bool) -> str:
    """What a student hands in: the notebook of the source, right or with a mistake."""
    text = (course / "build/source/01_leaky/leaky.ipynb").read_text()
    return text.replace("slope * dout)", "slope * x * dout)") if wrong else text


def test_a_class_is_graded(course, instructor):
    for student, wrong in (("ada", False), ("bob", True)):
        path = course / "submitted" / student / NOTEBOOK
        path.parent.mkdir(parents=True)
        path.write_text(solved(course, wrong))
    run(course, instructor / "autograder", "grade")
    scores = {
        student: json.loads((course / f"results/01_leaky/{student}.json").read_text())["score"]
        for student in ("ada", "bob")
    }
    assert scores == {"ada": 4, "bob": 1}  # the text waits for a person
    assert "times_x" in (course / "results/01_leaky/bob.json").read_text()
    run(course, instructor / "autograder", "report")
    assert "bob" in (course / "reports/index.html").read_text()


@pytest.fixture(scope="module")
def student(course, tmp_path_factory) -> Path:
    """The zip, unpacked and installed by the commands of its README for Linux.

    pip, which `venv` would compile for longer than all else takes, is brought like the rest; it
    finds all that the pins say at its version, and no index.
    """
    folder = tmp_path_factory.mktemp("student") / "my-course"
    with zipfile.ZipFile(course / "handout.zip") as archive:
        archive.extractall(folder.parent)
    page = (folder / "README.md").read_text()
    commands = re.search(r"Linux and macOS:\n\n```\n(.*?)```", page, re.S)[1].splitlines()
    python = str(Path(sys.executable).resolve())
    for command in commands:
        here = command.replace("python3 -m venv", f"{python} -m venv --without-pip")
        run(folder, "bash", "-c", f"PIP_NO_INDEX=1 {here}")
        if here != command:
            (wheel,) = distributions(path=[str(*folder.glob("*.whl"))])
            bring(folder / ".venv", [Requirement("pip"), *needs(wheel, "")])
    return folder


def test_a_student_starts_from_the_zip(student, course):
    (site,) = (student / ".venv/lib").glob("python*/site-packages")
    installed = {one.name: one.version for one in distributions(path=[str(site)])}
    assert "nbgrader" not in installed and "+student" in installed["backprop-by-hand"]
    page = (student / "README.md").read_text()
    (check,) = re.findall(r"^(\S+ check) +\(Linux", page, re.M)
    assert "not written yet" in run(student, "bash", "-c", check, code=1)
    (student / NOTEBOOK).write_text(solved(course, True))
    assert "the derivative of s x is s" in run(student, "bash", "-c", check, code=1)
    (student / NOTEBOOK).write_text(solved(course, False))
    assert "4 of 5 points" in run(student, "bash", "-c", check)


@pytest.mark.browser
def test_a_student_works_in_jupyterlab(student, course, chromium, tmp_path):
    """A wrong answer, mended, and what the last cell says after Restart and Run All."""
    (student / NOTEBOOK).write_text(solved(course, True))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    lab = [".venv/bin/jupyter", "lab", "--no-browser", "--allow-root", f"--port={port}"]
    lab += ["--IdentityProvider.token=", "--expose-app-in-browser"]
    server = subprocess.Popen(
        lab,
        cwd=student,
        env=OUTSIDE | {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        stderr=subprocess.DEVNULL,
    )
    has = "document.body.innerText.includes({!r})".format
    command = "window.jupyterapp.commands.execute({!r}, {}); true".format
    try:
        address = f"http://127.0.0.1:{port}/lab/tree/{NOTEBOOK}?reset"
        with Page(chromium, address, tmp_path / "profile", until_up=port) as page:
            page.wait("!!window.jupyterapp && " + has("A leaky ReLU"))
            page.run(command("docmanager:open", f"{{path: '{NOTEBOOK}'}}"))
            page.wait(IDLE)
            page.run(command("notebook:run-all-cells", "{}"))
            page.wait(has("the derivative of s x is s"))
            assert "Nbgrader" not in page.text() and "Validate" not in page.text()
            page.run(
                f"for (const cell of {SHOWN}.content.model.cells) {{"
                "const text = cell.sharedModel;"
                "text.setSource(text.source.replace('slope * x * dout)', 'slope * dout)'))}"
            )
            page.run(command("docmanager:save", "{}"))
            page.wait(f"!{SHOWN}.context.model.dirty")
            page.run(command("notebook:restart-run-all", "{}"))
            page.wait("document.querySelector('.jp-Dialog .jp-mod-accept')?.click() ?? false, "
                      + has("ready to hand in"))  # fmt: skip
            assert "4 / 5 points" in page.text() and "not ready" not in page.text()
    finally:
        server.terminate()
        server.wait()


def test_a_notebook_finds_the_kit_where_only_numpy_and_matplotlib_are(course, tmp_path):
    """As on Colab: the zip lies in the working directory, the notebook anywhere."""
    run(tmp_path, sys.executable, "-m", "venv", "--without-pip", "venv")
    bring(tmp_path / "venv", [Requirement(name) for name in ("numpy", "matplotlib", "pip")])
    run(tmp_path, "venv/bin/python", "-c", "import autograder", code=1)
    work = tmp_path / "content"
    work.mkdir()
    cells = json.loads(solved(course, True))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    (work / "notebook.py").write_text("\n\n".join([f"__name__ = {'cells'!r}", *code]))
    home = ("env", f"HOME={tmp_path}", "../venv/bin/python", "notebook.py")
    told = run(work, *home, code=1)
    assert "put the handout's zip into this folder" in told
    (work / "handout.zip").write_bytes((course / "handout.zip").read_bytes())
    told = run(work, *home)
    assert "0 of 5 points so far. Next: leaky_relu_forward" in told.replace(", in 1 notebook", "")
    assert "leaky_relu_backward: not right yet" in told and "the derivative of s x is s" in told
    (mine,) = work.rglob("leaky.ipynb")
    mine.write_text(mine.read_text() + "\n\n")  # written since
    run(work, *home)
    assert mine.read_text().endswith("\n\n")
