import inspect
import sys
import traceback

import numpy as np
import pytest

from autograder.course import find_course_root, load_course, load_notebook
from autograder.course.cells import RegionError, bare, clear_code, regions
from autograder.errors import CourseError
from autograder.exercises.script import Call, Script


def test_cells_are_classified_in_order(small):
    assert [cell.kind for cell in small.cells] == [
        "markdown", "import", "markdown", "provided", "solution", "solution", "instructor",
        "markdown", "solution", "solution", "solution", "solution", "text", "instructor",
        "experiment",
    ]  # fmt: skip


def test_cells_that_begin_alike_keep_their_ids_when_one_comes_before_them(small, tmp_path):
    more = "# %% [markdown]\n# Predict.\n# {}\n\n"
    text = small.path.read_text(encoding="utf-8")

    def ids(*words):
        path = tmp_path / "small.py"
        path.write_text(text + "".join(more.format(word) for word in words), encoding="utf-8")
        return [cell.cell_id for cell in load_notebook(path).cells][len(small.cells) :]

    two, three = ids("One", "Two"), ids("Zero", "One", "Two")
    assert three[1:] == two
    assert all(name.startswith("markdown_predict_") for name in three)
    assert len(set(ids("Same", "Same"))) == 2


def test_lines_point_into_the_file(small):
    lines = small.path.read_text(encoding="utf-8").splitlines()
    for cell in small.cells:
        if not cell.markdown:
            assert lines[cell.line - 1] == cell.source.split("\n")[0]


def test_exercises_are_named_after_their_variables_in_order(small):
    names = [exercise.name for exercise in small.exercises]
    assert names == ["scale", "twice_exercise", "counter", "small", "why"]
    assert small.namespace["scale"] is small.exercises[0]
    assert small.points == 11.5
    assert small.title == "A small notebook"
    assert small.exercise("scale_backward").name == "scale"
    with pytest.raises(CourseError, match="no row 'scale'"):
        small.exercise("scale")


def test_source_and_traceback_of_the_reference_show(small):
    backward = small.namespace["scale_backward"]
    assert "secret" not in inspect.getsource(backward)
    assert "da = np.sum(dout * x)" in inspect.getsource(backward)
    assert inspect.getsource(small.namespace["Counter"]).startswith("class Counter:")
    try:
        backward(1.0, ())
    except ValueError as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
    assert frame.line == "x, a = cache"
    lines = small.path.read_text(encoding="utf-8").splitlines()
    assert lines[frame.lineno - 1].strip() == "x, a = cache"


def test_a_mistake_is_met_by_the_functions_that_call_it(small):
    ask = Script(0, (Call("twice", (np.ones(2),)),))
    minus = small.exercise("twice").mistakes[0]
    doubled = small.exercise("scale_forward").mistakes[1]
    assert small.reference().run(ask)[0].value.tolist() == [3, 3]
    assert small.mistaken(minus).run(ask)[0].value.tolist() == [1, 1]
    assert small.mistaken(doubled).run(ask)[0].value.tolist() == [5, 5]
    assert small.reference().run(ask)[0].value.tolist() == [3, 3]


def test_namespaces_of_runners_are_their_own(small):
    first, second = small.reference().namespace, small.reference().namespace
    assert first["helper"] is not second["helper"]
    assert "scale" not in first, "exercises stay out"


def test_sources_are_code_without_docstrings_and_markers(small):
    assert small.sources["helper"] == "def helper(x):\n    return x + 1.0"
    assert '"""' not in small.sources["Counter"] and "###" not in small.sources["Counter"]


def test_loading_imports_no_plots_and_runs_no_experiment(small_course, run_python):
    run_python(
        "import sys; from pathlib import Path; from autograder.course import load_notebook\n"
        "load_notebook(Path(sys.argv[1]))\n"
        "heavy = {'matplotlib', 'sklearn', 'scipy', 'torch', 'nbgrader', 'rfc3987_syntax'}\n"
        "heavy &= set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import rfc3987_syntax",  # whoever wants it gets it
        str(small_course / "solutions/01_small/small.py"),
    )


def test_late_imports_work_when_used(small_course):
    path = small_course / "solutions/01_small/small.py"
    text = path.read_text(encoding="utf-8")
    imports = "import xml.dom as dom\nfrom nbformat import v4\nimport jinja2, json.decoder"
    text = text.replace("from matplotlib import pyplot as plt", imports)
    path.write_text(text, encoding="utf-8")
    namespace = load_notebook(path).namespace
    assert namespace["v4"].new_code_cell("1").source == "1"
    assert namespace["jinja2"].Template("{{ 1 }}").render() == "1"
    assert namespace["dom"] is sys.modules["xml.dom"]


def test_find_course_root(small_course, tmp_path):
    inner = small_course / "solutions" / "01_small"
    assert find_course_root(inner) == small_course.resolve()
    with pytest.raises(CourseError, match=r"no course at .* or above it"):
        find_course_root(tmp_path)


def test_a_course_loads_its_notebooks_when_asked(small_course):
    course = load_course(small_course)
    assert list(course.sources) == ["01_small"]
    assert course.assignment("01_small") is course.notebooks[0]
    with pytest.raises(CourseError, match="no assignment '02_small'; this course has 01_small"):
        course.assignment("02_small")
    (small_course / "solutions/01_small/other.py").write_text("")
    with pytest.raises(CourseError, match=r"found other\.py, small\.py"):
        load_course(small_course)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION",
         "def f():\n    # YOUR CODE HERE\n    raise NotImplementedError()"),
        ("a = 0\n### BEGIN SOLUTION\na = 1\n### END SOLUTION", "a = 0\n# YOUR CODE HERE"),
        ("### BEGIN SOLUTION\ndef f():\n    return 1\n### END SOLUTION", "# YOUR CODE HERE"),
        ("class A:\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION",
         "class A:\n    # YOUR CODE HERE\n    pass"),
        ("class A:\n    y = 1\n    ### BEGIN SOLUTION\n    x = 1\n    ### END SOLUTION",
         "class A:\n    y = 1\n    # YOUR CODE HERE"),
        ("def f(n):\n    for i in range(n):\n        ### BEGIN SOLUTION\n        n += i\n"
         "        ### END SOLUTION\n    return n",
         "def f(n):\n    for i in range(n):\n        # YOUR CODE HERE\n"
         "        raise NotImplementedError()\n    return n"),
    ],
)  # fmt: skip
def test_regions_are_cleared(source, expected):
    assert clear_code(source) == expected


def test_broken_regions_are_refused():
    for text, line in [
        ("### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION", 1),
        ("a\n### END SOLUTION", 1),
        ("a\n### BEGIN SOLUTION", 1),
    ]:
        with pytest.raises(RegionError) as caught:
            regions(text)
        assert caught.value.line == line


def test_bare_code_keeps_a_lone_docstring():
    assert bare('def f():\n    """Only this."""') == 'def f():\n    """Only this."""'
