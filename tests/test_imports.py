"""The rooms of `autograder/` import one way only, and students load nothing that is not theirs."""

import ast
import graphlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "autograder"

# From the ground to the roof: a room may import the rooms before it, never one after it.
ROOMS = (
    "numerical",
    "exercises",
    "checks",
    "explain",
    "feedback",
    "lab",
    "course",
    "sandbox",
    "grading",
    "validation",
    "integrations",
    "collect",
    "gradescope",
    "reports",
    "similar",
    "translation",
    "handout",
    "frame",
    "command",
    "cli",
)
STUDENT_SIDE = frozenset(ROOMS[: ROOMS.index("course")])
# What the package itself holds beside its rooms: the ground floor that all may import.
GROUND = frozenset({"autograder", "errors", "language", "tiny", "whole"})
LIGHT = {"exercises": {"numpy", "attrs"}, "numerical": {"numpy"}}
# Too heavy, too slow or too dangerous for a student's kernel.
NOT_FOR_STUDENTS = frozenset(
    {"nbgrader", "msgspec", "typer", "sqlalchemy", "nbconvert", "jupytext", "nbformat"}
    | {"distributed", "dask", "torch"}
)
# Loaded together with NumPy and nothing else: matplotlib and scikit-learn wait until they are used.
LAZY = frozenset({"matplotlib", "sklearn", "scipy", "jinja2", "rich"})
BANNED_NAMES = ("utils", "util", "helpers", "helper", "common", "manager")
PROJECT_FOLDERS = ("autograder", "tests", "benchmarks", "solutions", "docs", ".ci")

Import = tuple[int, str]


def imports_of(tree: ast.AST, package: str) -> Iterator[Import]:
    """Every (line, absolute dotted name) that a module imports, wherever in the file.

    `from a import b` yields `a.b`, as b may be a module; relative imports start at `package`.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of_file(path: Path) -> str:
    """`autograder/checks/catalogue.py` -> `checks`; `autograder/command.py` -> `command`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "autograder" if parts == ("__init__",) else parts[0]


def room_of_import(name: str) -> str | None:
    """`autograder.checks.catalogue` -> `checks`; None for what is not ours."""
    parts = name.split(".")
    if parts[0] != "autograder":
        return None
    return parts[1] if len(parts) > 1 and parts[1] in (*ROOMS, *GROUND) else "autograder"


def wrong_imports(room: str, imports: list[Import]) -> list[str]:
    """What a file of `room` imports against the direction, as `line: reason`."""
    wrong = []
    for line, name in imports:
        other = room_of_import(name)
        top = name.split(".")[0]
        if other in ROOMS and room in ROOMS and ROOMS.index(other) > ROOMS.index(room):
            wrong.append(f"{line}: {room} must not import {name}: {other} is above it")
        if other in ROOMS and room in GROUND and other not in STUDENT_SIDE:
            wrong.append(f"{line}: the ground must not import {name}: students load it")
        if room in STUDENT_SIDE | GROUND and top in NOT_FOR_STUDENTS:
            wrong.append(f"{line}: {room} must not import {top}: students load it")
        if (
            room in LIGHT
            and other is None
            and top not in sys.stdlib_module_names
            and top not in LIGHT[room]
        ):
            may = " and ".join(sorted(LIGHT[room]))
            wrong.append(f"{line}: {room} imports {top}; it may use {may} and the standard library")
    return wrong


def package_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).parent.parts)


def test_imports_run_one_way() -> None:
    wrong = {}
    for path in modules():
        room, name = room_of_file(path), str(path.relative_to(ROOT))
        assert room in (*ROOMS, *GROUND) or room.startswith("__"), (
            f"{name} stands in no known room; rooms are {', '.join(ROOMS)}"
        )
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=name)
        wrong[name] = wrong_imports(room, list(imports_of(tree, package_of(path))))
    assert {name: found for name, found in wrong.items() if found} == {}


def test_no_circle_among_files() -> None:
    """What a file imports, at its head or in a function, never leads back to it."""
    files = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in modules()}
    needs = {}
    for name, path in files.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                node.body = [ast.Pass()]
        names = [found for _, found in imports_of(tree, package_of(path))]
        needs[name] = {n if n in files else n.rpartition(".")[0] for n in names} & files.keys()
    graphlib.TopologicalSorter(needs).prepare()


@pytest.mark.parametrize(
    ("room", "source", "fails"),
    [
        ("checks", "from autograder.exercises import cases", False),
        ("checks", "from ..exercises import cases", False),
        ("checks", "from .. import grading", True),
        ("checks", "def f():\n    from autograder.sandbox.host import run", True),
        ("numerical", "import autograder.checks", True),
        ("numerical", "import scipy.special", True),
        ("numerical", "import numpy.linalg, math", False),
        ("feedback", "import msgspec", True),
        ("grading", "import msgspec\nfrom autograder import course", False),
        ("autograder", "from autograder.feedback import check", False),
        ("autograder", "from autograder.grading import grade", True),
    ],
)
def test_the_rule_itself_tells_right_from_wrong(room: str, source: str, fails: bool) -> None:
    package = "autograder" if room == "autograder" else f"autograder.{room}"
    assert bool(wrong_imports(room, list(imports_of(ast.parse(source), package)))) is fails


def loaded_by(statement: str) -> set[str]:
    """Top-level packages and rooms in `sys.modules` of a fresh interpreter after a statement."""
    code = f"import sys\n{statement}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{statement!r} failed:\n{done.stderr}"
    names = set(done.stdout.split())
    return {name.split(".")[0] for name in names} | {
        name for name in names if name.startswith("autograder.")
    }


def student_imports() -> list[str]:
    rooms = [
        room
        for room in ROOMS
        if room in STUDENT_SIDE
        and ((PACKAGE / room / "__init__.py").exists() or (PACKAGE / f"{room}.py").exists())
    ]
    return ["autograder", *(f"autograder.{room}" for room in rooms)]


@pytest.mark.parametrize("name", student_imports())
def test_students_load_nothing_of_the_instructors(name: str) -> None:
    loaded = loaded_by(f"import {name}")
    above = {f"autograder.{room}" for room in ROOMS if room not in STUDENT_SIDE}
    assert loaded & (NOT_FOR_STUDENTS | above) == set()


def test_importing_the_student_side_stays_light() -> None:
    baseline = loaded_by("import numpy")
    assert (loaded_by("import autograder") - baseline) & LAZY == set()


def test_no_file_is_named_after_nothing_in_particular() -> None:
    vague = [
        path.relative_to(ROOT)
        for folder in PROJECT_FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if "__pycache__" not in path.parts
        and set(path.stem.lower().replace("-", "_").split("_")) & set(BANNED_NAMES)
    ]
    assert vague == []
