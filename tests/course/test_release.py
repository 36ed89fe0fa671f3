import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder.course import load_course, load_notebook
from autograder.course.leaks import compare
from autograder.course.release import check_release, release
from autograder.errors import CourseError
from autograder.exercises.public import load
from autograder.explain import question

NAME = "01_small/small.ipynb"


def source(course: Path) -> Path:
    return course / "solutions" / "01_small" / "small.py"


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The small course, released, with a data file; not to be changed."""
    root = tmp_path_factory.mktemp("built") / "course"
    small = Path(__file__).parent / "small"
    shutil.copytree(small, root, ignore=shutil.ignore_patterns("ruff.toml", ".*"))
    (root / "solutions/01_small/data").mkdir()
    (root / "solutions/01_small/data/words.txt").write_bytes(b"one\r\ntwo\n")
    assert release(root).ok
    return root


@pytest.fixture
def released(built, tmp_path) -> Path:
    """A copy of the released course, to be changed."""
    return Path(shutil.copytree(built, tmp_path / "course"))


@pytest.fixture(scope="module")
def notebook(built):
    return nbformat.read(built / "assignments" / NAME, as_version=4)


def test_what_ships(built):
    assert sorted(contents(built / "assignments")) == [
        "01_small/data/words.txt", "01_small/small.check.json", "01_small/small.ipynb",
    ]  # fmt: skip
    assert (built / "assignments/01_small/data/words.txt").read_bytes() == b"one\r\ntwo\n"


def test_nothing_is_left_behind(built):
    names = {path.name for path in built.iterdir()}
    assert names == {"solutions", "assignments", "build", "nbgrader_config.py"}


def test_the_released_notebook_is_valid(notebook):
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata == {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3",
        },
        "language_info": {"name": "python"},
    }  # fmt: skip


def test_nbgrader_releases_exactly_the_released_cells(notebook, built):
    expected = load_notebook(source(built)).released_cells
    assert [cell.id for cell in notebook.cells] == [cell.cell_id for cell in expected]
    assert [cell.source for cell in notebook.cells] == [cell.released for cell in expected]


def test_metadata_of_each_kind(notebook):
    cells = {cell.id: cell for cell in notebook.cells}

    def meta(name: str) -> dict:
        found = dict(cells[name].metadata.nbgrader)
        assert found.pop("schema_version") == 3
        assert found.pop("task") is False
        assert len(found.pop("checksum")) == 32
        assert found.pop("cell_type") == cells[name].cell_type
        return found

    locked = {"grade": False, "locked": True, "solution": False}
    assert meta("imports") == {**locked, "grade_id": "imports"}
    assert meta("provided_double") == {**locked, "grade_id": "provided_double"}
    written = {"grade": False, "locked": False, "solution": True}
    for name in ("scale_forward_code", "helper_code", "Counter_code", "answer_small_code"):
        assert meta(name) == {**written, "grade_id": name}
        assert cells[name].metadata.get("editable", True)
        assert cells[name].metadata.deletable is False
    checks = {"scale_forward": 1, "scale_backward": 2.5, "twice": 2, "Counter": 3}
    for name, points in {**checks, "answer_small": 1}.items():
        graded = {"grade": True, "locked": True, "solution": False}
        assert meta(name) == {**graded, "grade_id": name, "points": points}
        assert cells[name].metadata.editable is False
    by_hand = {"grade": True, "locked": False, "solution": True}
    assert meta("text_why") == {**by_hand, "grade_id": "text_why", "points": 2}
    assert cells["text_why"].source.endswith("\nYOUR ANSWER HERE")
    for cell in notebook.cells:
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None
        if cell.cell_type == "markdown" and cell.id != "text_why":
            assert cell.metadata == {"deletable": False, "editable": False}
    assert cells["experiment_plt_plot_np_arange_3"].metadata == {"tags": ["experiment"]}


def test_the_check_cell_stands_below_the_students(notebook):
    ids = [cell.id for cell in notebook.cells]
    for name, call in {
        "scale_backward": "check(scale_backward)",
        "answer_small": 'check("answer_small")',
    }.items():
        assert ids[ids.index(name) - 1] == f"{name}_code"
        assert notebook.cells[ids.index(name)].source == call
    assert "helper" not in ids, "what is no row has no check"


def test_public_data_can_be_read(built):
    data = load(built / "assignments/01_small/small.check.json")
    assert (data.assignment, data.notebook) == ("01_small", "small")
    names = [public.exercise.name for public in data.exercises]
    assert names == ["scale", "twice_exercise", "counter", "small", "why"]
    assert {m["name"] for m in data.find("twice").mistakes} == {"minus", "doubled"}
    assert all(case["expected"] == {} for case in data.find("answer_small").cases.values())


def test_building_twice_gives_the_same_bytes(built, small_course):
    data = small_course / "solutions/01_small/data"
    shutil.copytree(built / "solutions/01_small/data", data)
    release(small_course)
    assert contents(small_course / "assignments") == contents(built / "assignments")


def test_cell_ids_are_stable_under_insertion(small, tmp_path):
    path = tmp_path / "small.py"
    text = small.path.read_text(encoding="utf-8")
    more = "# %% [markdown]\n# New words.\n\n# %%\nimport math\n\n# %% [markdown]\n# ## Scale\n"
    path.write_text(text.replace("# %% [markdown]\n# ## Scale\n", more), encoding="utf-8")
    before = [cell.cell_id for cell in small.cells]
    after = [cell.cell_id for cell in load_notebook(path).cells]
    assert [name for name in after if name in before] == before
    assert set(after) - set(before) == {"markdown_new_words", "imports_2"}


def test_a_second_release_touches_nothing(released):
    path = released / "assignments" / NAME
    before = path.stat().st_mtime_ns
    again = release(released)
    assert again.written == again.removed == ()
    assert path.stat().st_mtime_ns == before
    assert again.lines[-1] == "released 1 notebook, 6 rows, 11.5 points"
    assert f"assignments/{NAME}: 6 rows, 11.5 points, unchanged" in again.lines
    checked = check_release(released)
    assert checked.ok and "up to date" in checked.lines[-1]


def test_a_changed_source_is_drift_and_release_mends_it(released):
    rewrite(source(released), "Multiply by a number.", "Multiply by one number.")
    (found,) = check_release(released).drift
    assert found.startswith(f"assignments/{NAME}: cell markdown_scale: its source differs")
    assert "make release" in found
    assert not check_release(released).ok
    assert release(released).written == (f"assignments/{NAME}",)
    assert not check_release(released).drift


def test_drift_in_the_public_data_names_the_place(released):
    rewrite(source(released), "A product.", "A product!")
    (found,) = check_release(released).drift
    assert "small.check.json: exercises[0].declaration.hints.forward[0]: 'A product.'" in found


def test_numbers_may_differ_in_rounding_only(released):
    path = released / "assignments/01_small/small.check.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    values = data["exercises"][0]["cases"]["plain"]["expected"]["scale_forward"]["out"]["value"]
    original = values["values"][0]
    values["values"][0] = original * (1 + 1e-11)
    path.write_text(json.dumps(data), encoding="utf-8")
    assert not check_release(released).drift
    kept = path.read_bytes()
    assert release(released).written == ()
    assert path.read_bytes() == kept, "rounding alone rewrites no file"
    values["values"][0] = original * (1 + 1e-7)
    path.write_text(json.dumps(data), encoding="utf-8")
    (found,) = check_release(released).drift
    assert "exercises[0].cases.plain.expected.scale_forward.out.value.values[0]" in found


def test_measured_gradients_are_held_against_their_forward(released, monkeypatch):
    measured = []
    monkeypatch.setattr(question, "right_gradients", lambda *of: measured.append(of) or {})
    assert not check_release(released).drift and not measured, "the released ones are right"
    monkeypatch.undo()
    path = released / "assignments/01_small/small.check.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    (doubled,) = (m for m in data["exercises"][0]["mistakes"] if m["name"] == "doubled")
    values = doubled["follows"]["plain"]["dx"]["values"]
    for damaged in (1.001 * values[0], "x"):
        values[0] = damaged
        path.write_text(json.dumps(data), encoding="utf-8")
        (found,) = check_release(released).drift
        assert "follows.plain.dx.values[0]" in found
    del doubled["follows"]
    path.write_text(json.dumps(data), encoding="utf-8")
    (found,) = check_release(released).drift
    assert "mistakes[1]: it has other entries" in found


@pytest.mark.parametrize(
    ("row", "moved", "kept"),
    [("single", 5e-7, True), ("single", 5e-6, False), ("double", 5e-7, False)],
)
def test_what_processors_round_otherwise_may_differ_by_as_much(tmp_path, row, moved, kept):
    """In float32 `np.exp` gives other last bits; what a mistake gives may be larger, too."""
    files = []
    for by in (0.0, moved):
        expected = {
            name: {"out": {"value": {"values": [1.0 + by * (name == row)]}, "slack": slack}}
            for name, slack in (("single", 1e-6), ("double", 1e-15))
        }
        prints = {name: {"out": [[1], 80.0 + 50 * by * (name == row)]} for name in expected}
        exercise = {
            "cases": {"plain": {"expected": expected}},
            "mistakes": [{"prints": {"plain": prints}}],
        }
        files.append(tmp_path / f"{by}.check.json")
        files[-1].write_text(json.dumps({"exercises": [exercise]}), encoding="utf-8")
    assert (compare(*files) == []) == kept


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n["cells"].pop(5), "cell provided_double is missing"),
        (lambda n: n["cells"].append({**n["cells"][0], "id": "more"}), "cell more is not in the"),
        (lambda n: n["cells"].reverse(), "the order of its cells differs"),
        (lambda n: n["metadata"].update(x=1), "its metadata differs"),
        (lambda n: n["cells"][5]["metadata"]["nbgrader"].update(points=9), "its metadata differs"),
        (lambda n: n["cells"][5]["outputs"].append({}), "its outputs differs"),
    ],
)
def test_drift_in_a_notebook_names_the_cell(released, change, message):
    path = released / "assignments" / NAME
    data = json.loads(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(json.dumps(data), encoding="utf-8")
    (found,) = check_release(released).drift
    assert message in found


def test_missing_stale_and_broken_files_are_found_and_mended(released):
    folder = released / "assignments"
    (folder / "01_small/data/words.txt").unlink()
    (folder / "01_small/small.check.json").write_text("{")
    (folder / "01_small/old.txt").write_text("old")
    (folder / "99_gone").mkdir()
    (folder / "99_gone/gone.ipynb").write_text("{}")
    (folder / "01_small/.ipynb_checkpoints").mkdir()
    (folder / "01_small/.ipynb_checkpoints/small.ipynb").write_text("{}")
    found = list(check_release(released).drift)
    assert [text.partition(" ")[0] for text in found] == [
        "assignments/01_small/data/words.txt",
        "assignments/01_small/old.txt",
        "assignments/01_small/small.check.json:",
        "assignments/99_gone/gone.ipynb",
    ]
    assert "is missing" in found[0] and "is stale" in found[1] and "not JSON" in found[2]
    assert "is stale" in found[3]
    done = release(released)
    assert set(done.removed) == {"assignments/01_small/old.txt", "assignments/99_gone/gone.ipynb"}
    assert not (folder / "99_gone").exists()
    assert not check_release(released).drift


def test_a_data_file_may_not_have_a_generated_name(small_course):
    (small_course / "solutions/01_small/small.check.json").write_text("{}")
    with pytest.raises(CourseError, match="has the name of a generated file"):
        release(small_course)


def test_python_and_notebooks_beside_the_source_never_ship(small_course):
    beside = small_course / "solutions/01_small"
    (beside / "notes.ipynb").write_text("{}")
    (beside / "more").mkdir()
    (beside / "more" / "solution.py").write_text("x = 1")
    release(small_course)
    assert sorted(contents(small_course / "assignments")) == [
        "01_small/small.check.json", NAME,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "what"),
    [
        ("secret_intermediate  = np.multiply(a, x)", "a line of the solution of scale_forward"),
        ("secret_intermediate = np.multiply(a, double(x))", "the mistake doubled of scale_forward"),
        ("Because every entry is multiplied by the same number a.", "the solution of text_why"),
    ],
)
def test_leaks_are_found_and_nothing_is_released(small_course, shown, what):
    rewrite(source(small_course), "Multiply by a number.", f"Multiply: {shown}")
    with pytest.raises(CourseError) as caught:
        release(small_course)
    message = str(caught.value)
    assert what in message and "01_small/small.ipynb" in message
    assert not (small_course / "assignments").exists()


def test_a_leak_in_a_hint_or_a_data_file_is_found(small_course):
    rewrite(source(small_course), "Sum for da.", "It is da = np.sum(dout * x)  # one number")
    (small_course / "solutions/01_small/data.txt").write_text(
        "da = np.sum(dout * x)  # one number for all entries"
    )
    with pytest.raises(CourseError) as caught:
        release(small_course)
    assert "data.txt contains a line of the solution of scale_backward" in str(caught.value)
    (small_course / "solutions/01_small/data.txt").unlink()
    rewrite(
        source(small_course),
        "It is da = np.sum(dout * x)  # one number",
        "It is da = np.sum(dout * x)  # one number for all entries",
    )
    with pytest.raises(CourseError) as caught:
        release(small_course)
    assert "small.check.json contains a line of the solution" in str(caught.value)


def test_the_secret_seed_may_not_ship(small_course):
    from autograder.course import secret_seed

    seed = secret_seed(small_course)
    (small_course / "solutions/01_small/data.txt").write_text(f"x{seed}y")
    with pytest.raises(CourseError) as caught:
        release(small_course)
    assert "data.txt contains the course's secret seed" in str(caught.value)
    assert seed not in str(caught.value)


@pytest.fixture
def two(released) -> Path:
    """The released course with a second notebook, that was never released."""
    other = released / "solutions" / "02_other"
    other.mkdir()
    shutil.copyfile(source(released), other / "other.py")
    return released


def test_one_notebook_is_released_and_the_others_are_left_alone(two):
    course, file = load_course(two), "solutions/02_other/other.py"
    for word in ("02_other", "other", "solutions/02_other", file, "other.ipynb"):
        assert [*course.chosen([word])] == ["02_other"]
    rewrite(source(two), "Multiply by a number.", "Multiply by one number.")
    before = contents(two / "assignments")
    made = release(two, [file])
    assert [notebook.assignment for notebook in made.notebooks] == ["02_other"]
    assert made.removed == () and all("/02_other/" in name for name in made.written)
    after = contents(two / "assignments")
    assert before.items() < after.items() and "02_other/other.ipynb" in after
    assert check_release(two, [file]).ok
    assert not check_release(two, ["small"]).ok


def test_what_one_notebook_must_not_tell_is_searched_for_in_all(two):
    telling = "secret_line_of_the_other_notebook = np.multiply(a, x)"
    text = source(two).read_text(encoding="utf-8")
    (two / "solutions/02_other/other.py").write_text(
        text.replace("secret_intermediate = np.multiply(a, x)", telling), encoding="utf-8"
    )
    rewrite(source(two), "Multiply by a number.", f"Multiply: {telling}")
    with pytest.raises(CourseError, match="a line of the solution of scale_forward"):
        release(two, ["01_small"])


def test_an_unknown_notebook_is_told_with_those_that_exist(two):
    with pytest.raises(CourseError) as caught:
        release(two, ["02_othr"])
    assert "Did you mean 02_other? It has 01_small, 02_other" in str(caught.value)
