"""Every rule, broken on purpose: the message names file and line and says what to do."""

import re
from pathlib import Path

import pytest

from autograder.course import load_notebook
from autograder.errors import CourseError

SMALL = Path(__file__).parent / "small" / "solutions" / "01_small" / "small.py"
TEXT = SMALL.read_text(encoding="utf-8")

BROKEN = {
    "a row declared twice": (
        "why = Text(",
        'again = Answer("answer_small", points=1)\nwhy = Text(',
        r"row 'answer_small' is declared twice, first on line \d+",
    ),
    "two exercises of one name": (
        "small = Answer(",
        "counter = Answer(",
        r"counter is assigned a second time, first on line \d+",
    ),
    "an edit whose text is missing": (
        '"np.sum(dout * x)"',
        '"np.sum(dout)"',
        r"'da_averaged': the text 'np.sum\(dout\)' occurs 0 times in scale_backward",
    ),
    "an edit whose text is there twice": (
        'edit("helper", "x + 1.0"',
        'edit("helper", "x"',
        r"'minus': the text 'x' occurs 2 times in helper",
    ),
    "a mistake that changes nothing": (
        '"x + 1.0", "x - 1.0"',
        '"x + 1.0", "x + 1.0"',
        "'minus' changes nothing",
    ),
    "a mistake that is not Python": (
        '"x + 1.0", "x - 1.0"',
        '"x + 1.0", "x -* 1.0"',
        "'minus' is not Python",
    ),
    "a mistake of an unknown function": (
        'edit("helper"',
        'edit("helpre"',
        "'minus' is about helpre, which no solution cell defines",
    ),
    "two mistakes named alike": (
        'name="doubled"',
        'name="da_averaged"',
        "two mistakes of scale are named alike",
    ),
    "a row that no cell defines": (
        'Answer("answer_small"',
        'Answer("answer_large"',
        "row 'answer_large': no solution cell defines answer_large",
    ),
    "a row that a provided cell defines": (
        "    twice,\n    inputs",
        "    double,\n    inputs",
        "row 'double': no solution cell defines double",
    ),
    "stray code": (
        "import numpy as np",
        "import numpy as np\nrng = np.random.default_rng(0)",
        "an untagged code cell may hold imports only",
    ),
    "inputs named unlike the parameters": (
        '"x": "N D", "a": ""',
        '"a": "", "x": "N D"',
        r"scale_forward takes \(x, a\); the inputs declared are \(a, x\)",
    ),
    "an input too few": (
        '"x": "N D", "a": ""',
        '"x": "N D"',
        r"scale_forward takes \(x, a\); the inputs declared are \(x\)",
    ),
    "a backward with a parameter too many": (
        "def scale_backward(dout, cache):",
        "def scale_backward(dout, cache, more):",
        r"scale_backward takes \(dout, cache, more\); it is called with 2",
    ),
    "a constructor with a parameter too many": (
        'init=["start"]',
        'init=["start", "a"]',
        r"Counter takes \(start\); it is called with 2",
    ),
    "a critic that takes too little": (
        "why = Text(",
        'critic = Critic(helper, right={"r": ""}, wrong={"w": ""}, points=1)\nwhy = Text(',
        r"helper takes \(x\); ",
    ),
    "an unknown method": ('"step", "a"', '"leap", "a"', "Counter has no method 'leap'"),
    "a provided function that does not ship": (
        '"a": "", "b": ""}',
        '"a": "", "b": "", "f": constant([provided("helper")])}',
        r"counter takes provided\('helper'\), but no cell tagged 'provided' defines helper",
    ),
    "no points": (
        'points={"forward": 1, "backward": 2.5},',
        'points={"forward": 1}, graded=["forward", "backward"],',
        r"scale gives no points for 'backward' \(scale_backward\)",
    ),
    "two graded functions in one cell": (
        "# %%\ndef scale_backward",
        "\ndef scale_backward",
        "one solution cell defines scale_forward and scale_backward",
    ),
    "a function defined twice": (
        "def helper(x):",
        "def twice(x):",
        r"twice is defined a second time; a solution cell on line \d+",
    ),
    "a solution that defines nothing": (
        "answer_small = None\n### BEGIN SOLUTION\nanswer_small = 37",
        "### BEGIN SOLUTION\nprint(37)",
        "defines nothing at its top level",
    ),
    "an unknown tag": ('tags=["provided"]', 'tags=["given"]', "unknown tag 'given'"),
    "two tags": ('tags=["provided"]', 'tags=["provided", "experiment"]', "at most one"),
    "a text cell that is not declared": (
        'tags=["text:text_why"]',
        'tags=["text:text_wherefore"]',
        r"no Text\('text_wherefore', ...\) is declared",
    ),
    "a text without a cell": (
        'why = Text("text_why"',
        'x = Text("text_x", points=1, rubric=())\nwhy = Text("text_why"',
        "row 'text_x': no text cell is tagged text_x",
    ),
    "a text cell without a model answer": (
        "# ### BEGIN SOLUTION\n# Because every entry is multiplied by the same number a.\n"
        "# ### END SOLUTION",
        "# Nothing.",
        "the text cell 'text_why' has no model answer",
    ),
    "a solution in a provided cell": (
        "    return 2 * x\n",
        "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n",
        "a cell tagged 'provided' holds a solution",
    ),
    "a marker missing": (
        "    ### END SOLUTION\n    return out, cache",
        "    return out, cache",
        "'### BEGIN SOLUTION' without '### END SOLUTION'",
    ),
    "a region that cuts a statement": (
        "    ### BEGIN SOLUTION\n    x, a = cache\n",
        "    for _ in range(1):\n        ### BEGIN SOLUTION\n        x, a = (\n"
        "        ### END SOLUTION\n        cache)\n    ### BEGIN SOLUTION\n    pass\n",
        "without its solution the cell is no longer Python",
    ),
    "broken syntax": ("return 2 * x", "return 2 *", "invalid syntax"),
    "a cell that raises": (
        "    return 2 * x\n",
        "    return 2 * x\n\n\nfirst = np.ones(3)[4]\n",
        "IndexError: index 4 is out of bounds",
    ),
    "an option misspelt": ("points=2,\n", "pionts=2,\n", "argument 'pionts'"),
    "no import of check": ("from autograder import check\n", "", "no cell imports check"),
    "an id that nbgrader cannot hold": (
        "answer_small",
        "answer_größe",
        "row id 'answer_größe'; expected an ASCII name",
    ),
    "a raw cell": ("# %% [markdown]\n# ## Twice", "# %% [raw]\n# ## Twice", "a raw cell"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_named_with_file_and_line(case, tmp_path):
    old, new, message = BROKEN[case]
    assert old in TEXT
    path = tmp_path / "01_small" / "small.py"
    path.parent.mkdir()
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        load_notebook(path)
    text = str(caught.value)
    assert re.search(message, text), text
    place = re.match(re.escape(str(path)) + r":(\d+): ", text)
    assert place, text
    assert 1 <= int(place.group(1)) <= path.read_text(encoding="utf-8").count("\n")


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('"np.sum(dout * x)"', '"np.sum(dout)"', 'name="da_averaged"'),
        ("import numpy as np", "import numpy as np\nstray = 1", "stray = 1"),
        ("    return 2 * x\n", "    return 2 * x\n\n\nlate = 1 / 0\n", "late = 1 / 0"),
        ("return 2 * x", "return 2 *", "return 2 *"),
        ("why = Text(", 'again = Answer("twice", points=1)\nwhy = Text(', "again ="),
        ("    inputs={\"x\": \"N D\"},\n    points=2", "    inputs={\"y\": \"N D\"},\n    points=2",
         "twice_exercise ="),
    ],
)  # fmt: skip
def test_the_line_is_the_one_to_mend(old, new, line, tmp_path):
    path = tmp_path / "small.py"
    path.write_text(TEXT.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError) as caught:
        load_notebook(path)
    number = int(re.match(re.escape(str(path)) + r":(\d+): ", str(caught.value)).group(1))
    assert line in path.read_text(encoding="utf-8").splitlines()[number - 1]


def test_few_hints_are_a_warning_only(small):
    (warning,) = small.warnings
    assert "answer_small has 1 of 3 hints" in warning


def test_files_that_are_no_source(tmp_path):
    path = tmp_path / "x.py"
    with pytest.raises(CourseError, match="cannot read"):
        load_notebook(path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(CourseError, match="must be a UTF-8 text file"):
        load_notebook(path)
    path.write_text("x = 1\n")
    with pytest.raises(CourseError, match="has no cells"):
        load_notebook(path)


def test_a_provided_function_stands_above_the_check_that_needs_it(tmp_path):
    """Run from top to bottom, the check would not find it."""
    path = tmp_path / "small.py"
    text = TEXT.replace('"a": "", "b": ""}', '"a": "", "b": "", "f": constant([provided("late")])}')
    late = '# %% tags=["provided"]\ndef late(x):\n    return x\n\n\n'
    before, marker, after = text.partition("# %%\nclass Counter:")
    path.write_text(before + late + marker + after, encoding="utf-8")
    load_notebook(path)
    path.write_text(text.rstrip("\n") + "\n\n" + late, encoding="utf-8")
    with pytest.raises(CourseError, match=r"late is defined below the cell .* write Counter"):
        load_notebook(path)


@pytest.mark.parametrize(
    ("bank", "says"),
    [
        ('{"scale": [edit("scale_backward", "a * dout", "dout", name="lost", says="s")]}', ""),
        ('{"scael": []}', r"declares no exercise 'scael'; did you mean 'scale'\?"),
        ('{"twice_exercise": []}', r"twice_exercise names mistakes in small\.py, too"),
        ('{"scale": [edit("scale_backward", "gone", "",\n name="w", says="")]}', "py:3: .*0 times"),
        ("{nothing}", "NameError"),
        ("[]", "expected MISTAKES = "),
    ],
)  # fmt: skip
def test_a_bank_of_mistakes_may_stand_beside_the_notebook(tmp_path, bank, says):
    path = tmp_path / "small.py"
    own = r"    mistakes=\[\n        edit\(\"scale_.*?\n    \],\n"
    path.write_text(re.sub(own, "", TEXT, flags=re.S))
    beside = tmp_path / "small_mistakes.py"
    beside.write_text(f"from autograder.exercises import edit\nMISTAKES = {bank}")
    if says:
        with pytest.raises(CourseError, match=f"small_mistakes.*{says}"):
            load_notebook(path)
    else:
        assert [m.name for m in load_notebook(path).exercises[0].mistakes] == ["lost"]
