"""What leaves the repository: the student's wheel, the zip, a template repository."""

import datetime
import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from autograder.course import load_course, notebook, questions
from autograder.course.folder import Configuration, secret_seed
from autograder.course.leaks import find_leaks
from autograder.course.release import release, release_translated
from autograder.errors import CourseError
from autograder.explain import question
from autograder.handout.handout import is_open, write_handout, write_repository
from autograder.handout.wheel import PACKAGE, WHEEL, student_files, student_wheel

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "course" / "small"
NAME = "01_small/small.ipynb"


@pytest.fixture(scope="module")
def released(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("handout") / "course"
    shutil.copytree(SMALL, root, ignore=shutil.ignore_patterns("ruff.toml", ".*"))
    release(root)
    return root


@pytest.fixture
def course(released, tmp_path) -> Path:
    return Path(shutil.copytree(released, tmp_path / "course"))


@pytest.fixture(scope="module")
def zip_file(released, tmp_path_factory) -> Path:
    return write_handout(released, (), tmp_path_factory.mktemp("out") / "handout.zip").path


def unpacked(data: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(folder)
    return folder


def test_a_handout_says_how_far_it_is_and_runs_nothing_twice(course, tmp_path, monkeypatch):
    secret_seed(course)
    told = []
    write_handout(course, (), tmp_path / "one.zip", watch=told.append)
    assert told == ["01_small (1/1)"]
    cached = (notebook.load_notebook, questions.public_questions)
    for kept_in_this_process in (c for c in cached if hasattr(c, "cache_clear")):
        kept_in_this_process.cache_clear()
    monkeypatch.setattr(question, "expect", None)
    monkeypatch.setattr(question, "run_mistake", None)
    write_handout(course, (), tmp_path / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_the_students_wheel_is_closed_and_holds_neither_course_nor_grader(tmp_path):
    """Everything that it imports is in it, when nothing else is on the path."""
    folder = unpacked(student_wheel(), tmp_path / "wheel")
    rooms = {path.name for path in (folder / "autograder").iterdir()}
    assert rooms.isdisjoint({"course", "validation", "reports", "handout", "cli", "tiny.py"})
    names = [p.relative_to(folder).with_suffix("") for p in folder.rglob("*.py")]
    modules = [".".join(name.parts).removesuffix(".__init__") for name in names]
    program = (
        f"import sys, importlib; sys.path.insert(0, {str(folder)!r})\n"
        "import autograder; assert autograder.__file__.startswith(sys.path[0])\n"
        f"[importlib.import_module(name) for name in {modules!r}]\n"
        "assert {'nbgrader', 'jupytext', 'nbformat', 'rich'}.isdisjoint(set(sys.modules))"
    ).replace(", 'rich'", "")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_line_of_any_solution_or_mistake_is_in_the_wheel(tmp_path):
    folder = unpacked(student_wheel(), tmp_path / "wheel")
    assert find_leaks(load_course(ROOT).notebooks, folder, None) == []


def test_the_zip_is_complete_and_the_same_each_time(released, zip_file, tmp_path):
    again = write_handout(released, ["small"], tmp_path / "again.zip").path
    assert again.read_bytes() == zip_file.read_bytes()
    with zipfile.ZipFile(zip_file) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        page = archive.read("backpropagation-by-hand/README.md").decode()
    assert names == {
        *("README.md", "requirements.txt", "pins.txt", WHEEL),
        *(NAME, "01_small/small.check.json"),
    }
    for told in ("python3 -m venv", "py -m venv", "uv venv", "autograder check", NAME, "Hand in"):
        assert told in page


@pytest.mark.parametrize("version", ["3.9", "3.10"])
def test_a_python_that_is_too_old_is_told_so(zip_file, tmp_path, version):
    """By pip before it looks for anything, and by the kit where it is imported all the same."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for python in [*kept, *filter(None, [shutil.which(f"python{version}")])]:
        if subprocess.run([python, "-m", "pip", "--version"], capture_output=True).returncode == 0:
            break
    else:
        pytest.skip(f"no Python {version} with pip here")
    folder = unpacked(zip_file.read_bytes(), tmp_path) / "backpropagation-by-hand"
    install = [python, "-m", "pip", "install", "--no-index", "-r", "requirements.txt"]
    told = subprocess.run(
        [*install, "--target", tmp_path / "old"], cwd=folder, capture_output=True, text=True
    )
    assert told.returncode == 1 and "Your-Python-is-too-old--take-3.11-or-newer" in told.stderr
    kit = unpacked(student_wheel(), tmp_path / "kit")
    for command in (["-c", "from autograder import check"], ["-m", "autograder.command"]):
        told = subprocess.run(
            [python, *command], env={"PYTHONPATH": str(kit)}, capture_output=True, text=True
        )
        assert told.returncode == 1 and "Traceback" not in told.stderr
        assert f"needs Python 3.11 or newer; this is {version}" in told.stderr


def test_the_page_that_checks_point_to_comes_along(course, tmp_path):
    (course / "docs").mkdir()
    (course / "docs/zh").mkdir()
    for name in ("troubleshooting.md", "zh/troubleshooting.md"):
        (course / "docs" / name).write_text(name)
    path = write_handout(course, (), tmp_path / "a.zip").path
    with zipfile.ZipFile(path) as archive:
        for name in ("troubleshooting.md", "zh/troubleshooting.md"):
            assert archive.read(f"backpropagation-by-hand/docs/{name}").decode() == name


def test_a_handout_in_another_language(course, tmp_path):
    (course / "course.toml").write_text('title = "My Course"\n[zh]\ntitle = "我的课"\n')
    with pytest.raises(CourseError, match=r"no catalogues for the language 'zh'.* languages: en"):
        write_handout(course, language="zh")
    catalogues = course / "locale/zh"
    catalogues.mkdir(parents=True)
    (catalogues / "01_small.po").write_text('msgid "A small notebook"\nmsgstr "小笔记本"\n')
    with pytest.raises(CourseError, match=r"First run: autograder release --language zh"):
        write_handout(course, language="zh")
    release_translated(course, "zh")
    made = write_handout(course, language="zh")
    assert made.path == course / "handout-zh.zip"
    folder = unpacked(made.path.read_bytes(), tmp_path / "zip") / "my-course-zh"
    page = (folder / "README.md").read_text()
    assert page.startswith("# 我的课\n") and "| 小笔记本 | [01_small/small.ipynb]" in page
    assert "提交" in page and "Hand in" not in page and ".venv/bin/pip install -r" in page
    assert "小笔记本" in (folder / NAME).read_text()
    catalogue = catalogues / "01_small.po"
    catalogue.write_text(catalogue.read_text().replace("小笔记本", "小本子"))
    with pytest.raises(CourseError, match=r"(?s)older than the course.*--language zh 01_small"):
        write_handout(course, language="zh")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("zh = 3", r"zh is 3; expected a table, \[zh\]"),
        ('[zh]\ntitel = "x"', r"no setting of \[zh\] 'titel'. Did you mean 'title'"),
    ],
)
def test_a_typo_in_what_another_language_says(course, text, message):
    (course / "course.toml").write_text(text)
    with pytest.raises(CourseError, match=message):
        write_handout(course)


def test_what_the_course_says_of_itself_stands_in_the_readme(course, tmp_path):
    text = 'title = "My Course"\nhand_in = "On page 7."\n[due]\n01_small = 2026-12-01\n'
    (course / "course.toml").write_text(text)
    path = write_handout(course, (), tmp_path / "a.zip").path
    with zipfile.ZipFile(path) as archive:
        page = archive.read("my-course/README.md").decode()
    assert page.startswith("# My Course\n") and "On page 7." in page and "| 2026-12-01 |" in page


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            'titel = "x"',
            "no setting 'titel'. Did you mean 'title'? There is title, hand_in",
        ),
        ("title = 3", "title is 3; expected a text"),
        ("[due]\n01_smal = 2026-12-01", "no assignment '01_smal'. Did you mean '01_small'?"),
        ("[due]\n01_small = 7", "due.01_small is 7; expected a date"),
        ("due = 7", "due is 7; expected a table"),
        ('key = "soon"', "key is 'soon'; expected one of never, after due, always"),
        (
            'key = "after due"\n[due]\n01_small = "Friday"',
            "due.01_small is 'Friday'; expected a date",
        ),
        ("title = ", "cannot be read: Invalid value"),
    ],
)
def test_a_typo_in_the_configuration_is_told_and_nothing_is_written(course, text, message):
    (course / "course.toml").write_text(text)
    with pytest.raises(CourseError) as caught:
        write_handout(course)
    assert message in str(caught.value)
    assert not (course / "handout.zip").exists()


def older(course):
    path = course / "solutions/01_small/small.py"
    path.write_text(path.read_text().replace("Multiply by a number.", "Multiply."))


def unreleased(course):
    shutil.rmtree(course / "assignments/01_small")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (older, r"older than the course; .* autograder release 01_small"),
        (unreleased, r"no release of 01_small; .* autograder release 01_small"),
    ],
)
def test_what_is_not_ready_is_not_handed_out(course, tmp_path, change, message):
    change(course)
    for write in (
        lambda: write_handout(course, ["small"], tmp_path / "a.zip"),
        lambda: write_repository(course, tmp_path / "repository", ["small"]),
    ):
        with pytest.raises(CourseError, match=f"(?s){message}"):
            write()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course"]


@pytest.mark.parametrize(
    ("due", "there"),
    [("2020-01-01", True), ("2999-01-01", False), ("2020-01-01T22:00:00Z", True), ("", False)],
)
def test_a_course_hands_out_keys_after_the_due_date(course, tmp_path, due, there):
    text = 'key = "after due"\n' + (f"[due]\n01_small = {due}\n" if due else "")
    (course / "course.toml").write_text(text)
    made = write_handout(course, (), tmp_path / "a.zip")
    with zipfile.ZipFile(made.path) as archive:
        found = [name for name in archive.namelist() if name.endswith("01_small/small.key")]
    assert bool(found) is there is ("with answers and solutions of 01_small" in made.line)


def test_today_lasts_until_its_end():
    today = datetime.date(2026, 12, 1)
    told = Configuration(key="after due", due={"a": today.isoformat()})
    noon = datetime.datetime(2026, 12, 1, 12)
    assert not is_open(told, "a", noon)
    assert is_open(told, "a", noon + datetime.timedelta(days=1))


def test_with_a_key_answers_are_confirmed_and_a_solution_is_shown(course, tmp_path, monkeypatch):
    made = write_handout(course, (), tmp_path / "a.zip", key=True)
    folder = unpacked(made.path.read_bytes(), tmp_path / "zip") / "backpropagation-by-hand"
    here = folder / "01_small"
    assert "np.multiply" not in (here / "small.key").read_text()
    monkeypatch.chdir(here)
    names = {"__name__": "cells"}
    exec("from autograder import check, progress, solution\nanswer_small = 38", names)
    wrong = eval('check("answer_small")', names)
    assert wrong == 0 and "not right yet" in wrong.text and "37" not in wrong.text
    names["answer_small"] = 37
    right = eval('check("answer_small")', names)
    assert right == 1 and "answer_small: right" in right.text
    assert "1 of 11.5 points so far" in repr(eval("progress()", names))
    told = repr(eval('solution("scale_forward")', names))
    assert "secret_intermediate = np.multiply(a, x)" in told and "SOLUTION" not in told
    assert "Others" not in told and "others are as good" in told
    assert eval('solution("text_why")', names)._repr_html_()
    (here / "small.key").write_text("x")
    os.utime(here / "small.check.json", ns=(1, 1))
    with pytest.raises(CourseError, match=r"small.key is damaged"):
        eval('check("answer_small")', names)
    (here / "small.key").unlink()
    os.utime(here / "small.check.json", ns=(2, 2))
    assert "recorded" in eval('check("answer_small")', names).text
    with pytest.raises(CourseError, match=r"no key beside small.check.json"):
        eval('solution("scale_forward")', names)


def test_a_leak_in_the_kit_itself_is_found(course, monkeypatch, tmp_path):
    line = "secret_intermediate = np.multiply(a, x)"
    (tmp_path / "autograder").mkdir()
    telling = tmp_path / "autograder" / "lab.py"
    telling.write_text(line)
    module = sys.modules["autograder.handout.handout"]
    monkeypatch.setattr(module, "student_files", lambda: [telling])
    monkeypatch.setattr(module, "PACKAGE", telling.parent)
    with pytest.raises(CourseError, match=r"kit/lab.py contains a line of the solution"):
        write_handout(course)
    assert not (course / "handout.zip").exists()


def test_targets_that_are_taken_are_left_alone(course, tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "mine.txt").write_text("mine")
    with pytest.raises(CourseError, match="is not empty; nothing was written"):
        write_repository(course, tmp_path / "taken")
    with pytest.raises(CourseError, match="is a file; nothing was written"):
        write_repository(course, tmp_path / "taken" / "mine.txt")
    with pytest.raises(CourseError, match="is a folder; give --out the name of a file"):
        write_handout(course, (), tmp_path / "taken")
    assert [path.name for path in (tmp_path / "taken").iterdir()] == ["mine.txt"]


def test_the_steps_of_the_workflow_check_without_the_course(course, tmp_path):
    """Every `run` step but the installation, in a clean folder, as the runner would."""
    folder = write_repository(course, tmp_path / "repository").path
    assert find_leaks(load_course(course).notebooks, folder, None) == []
    workflow = yaml.safe_load((folder / ".github/workflows/check.yml").read_text())
    steps = [step for step in workflow["jobs"]["check"]["steps"] if "run" in step]
    assert [step["name"] for step in steps] == [
        *("Install the checker", "Check the notebooks", "Read the points"),
    ]
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_ENV": str(tmp_path / "env"),
        "HOME": str(tmp_path),
    }
    done = [
        subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            **{"cwd": folder, "env": environment, "capture_output": True, "text": True},
        )
        for step in steps[1:]
    ]
    assert [one.returncode for one in done] == [1, 0], done
    assert "| scale_forward |" in (tmp_path / "summary.md").read_text().replace("`", "")
    assert (folder / "reports/junit.xml").is_file()
    points = json.loads((folder / "reports/classroom.json").read_text())
    assert (points["status"], points["max_score"]) == ("fail", 11.5)
    assert (tmp_path / "env").read_text().startswith("CHECK_RESULTS=")
    lines = [line for line in done[0].stdout.splitlines() if line.startswith("::error file=")]
    assert lines and all(f"file={NAME}" in line for line in lines)


def test_the_instructors_side_is_everything_else():
    ours = {path.relative_to(PACKAGE).as_posix() for path in student_files()}
    assert all((PACKAGE / name).is_file() for name in ours)
    assert not any(name.startswith(("course/", "handout/")) for name in ours)
