"""The course in another language: the same program in other words, and what is not is named."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copy, copytree

import nbformat
import numpy as np
import pytest

from autograder.collect.sorting import Matcher
from autograder.course import Course, load_course, load_notebook
from autograder.course.build import generate_translated
from autograder.course.cells import SourceCell, classify, read_percent
from autograder.course.prose import code, markdown, unshielded
from autograder.course.translated import pieces, same_program, translated
from autograder.exercises.public import load
from autograder.feedback.blocks import as_text
from autograder.feedback.gradcheck import gradcheck
from autograder.feedback.story import card
from autograder.grading.doctor import Line, show
from autograder.grading.notebook_json import parse
from autograder.grading.selfcheck import check_notebook
from autograder.grading.submission import plan
from autograder.integrations.exports.note import Note
from autograder.lab.style import style
from autograder.language import counted, said, speaking, tr, wrapped
from autograder.numerical import GradcheckError
from autograder.sandbox import Limits
from autograder.translation import Catalogue, states
from autograder.translation.catalogue import Language, open_catalogues, read_language
from autograder.translation.template import of_package
from tests.integrations.classroom import run

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(p for p in (ROOT / "solutions").glob("*/*.py") if "_mistakes" not in p.name)
SMALL = '''# %% [markdown]
# # 00 · Small
#
# *A minute. 1 point.*
#
# A sum of `x`, over $N$ entries.
#
# - One thing;
#   it is long.
# - Another.

# %%
import numpy as np
from autograder import check

# %%
def total(x):
    """The sum of all entries.

    Args:
        x: Any array.
    """
    # What a sum is.
    ### BEGIN SOLUTION
    out = np.sum(x)  # secretly
    ### END SOLUTION
    return out

# %% tags=["experiment"]
sums = {"of ones": total(np.ones(3)), "none": 0}
print(f"the sum: {sums['of ones']}")

# %% tags=["instructor"]
from autograder.exercises import Function, edit

summed = Function(
    total, inputs={"x": "N"}, outputs=["out"], points=1, hints=("np.sum does it.",) * 3,
    mistakes=[edit("total", "np.sum", "np.mean", name="mean", says="This is the mean.")],
)
'''


def cells(path: Path) -> list[SourceCell]:
    return [classify(raw, path) for raw in read_percent(path)]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_a_walk_that_changes_nothing_gives_the_very_cell(path: Path) -> None:
    for cell in cells(path):
        if cell.markdown:
            assert markdown(cell.source, lambda text: text) == cell.source
        elif cell.kind != "instructor":
            assert code(cell.source, lambda text: text, lambda text: text) == cell.source
            other = code(cell.source, lambda text: f"文“字” {text}", lambda text: f"字 {text}")
            assert same_program(other, cell.source)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    (tmp_path / "solutions" / "00_small").mkdir(parents=True)
    (tmp_path / "solutions" / "00_small" / "small.py").write_text(SMALL, encoding="utf-8")
    return load_course(tmp_path)


def opened(course: Course) -> Catalogue:
    (found,) = open_catalogues(load_course(course.root), ["zh"], ["00_small"])
    return found


def fill(catalogue: Catalogue, **words: str) -> None:
    """Translate every text: by a word of its own, or by two characters before it."""
    catalogue.write()
    text = catalogue.path.read_text(encoding="utf-8")
    for english in catalogue.entries:
        assert isinstance(english, str)
        quoted = english.replace('"', '\\"')
        before, after = f'msgid "{quoted}"\nmsgstr ""', words.get(english, f"汉字 {quoted}")
        text = text.replace(before, f'msgid "{quoted}"\nmsgstr "{after}"')
    catalogue.path.write_text(text, encoding="utf-8")


def test_what_is_to_translate_is_what_a_student_reads(course: Course) -> None:
    texts = [piece.text for piece in pieces(course.assignment("00_small"))]
    assert {
        "A sum of `x`, over $N$ entries.", "One thing; it is long.", "The sum of all entries.",
        "Any array.", "What a sum is.", "the sum: {sums['of ones']}", "of ones", "none",
        "np.sum does it.",
        "This is the mean.",
    } <= set(texts)  # fmt: skip
    assert not any("secretly" in text or "SOLUTION" in text for text in texts)


@pytest.mark.parametrize("text", ["Another.", f"Another{' small' * 16} one."])
def test_a_changed_paragraph_is_named_and_stays_english_until_somebody_looks(
    text: str, course: Course
) -> None:
    source, small = course.sources["00_small"], SMALL.replace("Another.", text)
    changed = text.replace("Another", "Another new")
    source.write_text(small, encoding="utf-8")
    fill(opened(course))
    (before,) = states([opened(course)])
    assert before.coverage == 1
    assert not before.obsolete
    source.write_text(small.replace(text, changed), encoding="utf-8")
    opened(course).write()
    (after,) = states([opened(course)])
    assert [found.split(" ")[1] for found in after.fuzzy] == [changed.split(" ")[1]]
    written = opened(course).path.read_text(encoding="utf-8")
    assert f' msgid "{text}"' in written.replace("\n#| ", " ")
    assert not opened(course).write()  # what it was stays beside it until somebody looks
    assert f'msgstr "汉字 {text}"' in written
    found = translated(load_notebook(source), "zh")
    assert [piece.text for piece in found.english if piece.kind == "markdown"] == [changed]
    assert f"- 汉字 One thing; it is long.\n- {changed}" in found.notebook.cells[0].source
    assert any("stay English" in warning for warning in found.warnings)
    shown = next(cell.source for cell in found.notebook.cells if "print" in cell.source)
    assert "汉字 the sum: {sums['汉字 of ones']}" in shown and '"none": 0' in shown
    # what was moved or rewrapped keeps its words
    source.write_text(small.replace("One thing;\n#   it is", "One\n#   thing; it is"), "utf-8")
    assert not next(states([opened(course)])).missing


def test_a_complete_catalogue_must_stay_complete_and_keep_shields_and_glossary(
    course: Course,
) -> None:
    settings = course.root / "locale" / "zh" / "language.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('complete = ["00_small"]\n[glossary]\n"mean" = "平均"\n', encoding="utf-8")
    (state,) = states([opened(course)])
    assert "0.0% of its texts" in state.problems[0]
    fill(opened(course), **{"A sum of `x`, over $N$ entries.": "`y` 的和 {x}。"})
    (state,) = states([opened(course)])
    assert [fault.rsplit(": ", 1)[1] for fault in state.faults] == [
        "code `x` is lost", "mathematics $N$ is lost", "code `y` is new", "gap {x} is new",
        "“mean” is 平均 in the glossary",
    ]  # fmt: skip
    assert len(state.problems) == 5


@pytest.mark.parametrize(
    ("english", "other", "faults"),
    [
        ("See [this](a.md) in 2016.", "见 2016 年的[此文](a.md)。", []),
        ("See [this](a.md) in 2016.", "见 2017 年的[此文](b.md)。", 4),
        ("| `x` | big |", "| `x` 大 |", 1),
        ("{article} {type}", "一个 {type}", []),
        ("CS231n calls it db_mean; PyTorch doesn't", "CS231n 称之为 db_mean，PyTorch 则不然", []),
        ("CS231n calls it db_mean", "CS231n 称之为均值", 1),
    ],
)
def test_what_is_shielded(english: str, other: str, faults: int | list[str]) -> None:
    found = unshielded(english, other)
    assert found == faults or len(found) == faults


def test_the_package_is_extracted_from_calls_and_sentences() -> None:
    entries = of_package({"autograder": ["Help."]})
    assert {"{row} is not defined", "Hint {number}: ", "plain", "other values", "Help."} <= {
        *entries
    }
    assert {"the highway", "dq and dk swapped", "variance", "your backward pass"} <= {*entries}
    assert ("{count} case", "{count} cases") in entries
    assert not any(text in entries for text in ("critic.some", "type.absent", ""))


def test_lines_of_wide_characters_break_where_they_may() -> None:
    assert wrapped("上游梯度 dout，与 x 同形。", "# ", "# ", 14) == [
        "# 上游梯度", "# dout，与 x", "# 同形。"
    ]  # fmt: skip
    assert all(not line.startswith("，") for line in wrapped("梯度，" * 30, "", "", 12))


def test_words_of_a_notebook_join_those_of_the_package() -> None:
    with speaking("zh", {"a text": "一段话"}):
        assert tr("a text") == "一段话"
    assert tr("a text") == "a text"
    assert counted(2, "case") == "2 cases"


def test_an_error_and_a_report_that_know_no_language_are_said_in_one() -> None:
    def square(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return x**2, x

    wrong = gradcheck(square, lambda dout, x: 3 * dout * x, np.array([1.0, 2.0]))
    error = "there is no a/b.zip; give the downloaded zip, or its folder"
    assert said(error) == error
    assert "fail: the gradient of x is off by 38 % of its size" in str(wrong)
    with speaking("zh"):
        assert said(error) == "没有 a/b.zip；请给出下载的 zip 或其文件夹"
        shown = str(wrong)
        assert "不通过：x 的梯度的误差为自身大小的 38 %" in shown
        assert not re.search("[a-z]{3}", re.sub(r"e-\d+", "", shown))
        assert str(wrong.arrays["x"]) in shown
        with pytest.raises(GradcheckError, match="x 是整数"):
            gradcheck(square, lambda dout, x: dout, np.array([1, 2]))


@pytest.mark.parametrize("font", [True, False])
def test_a_picture_speaks_a_language_only_where_there_is_a_font_for_it(
    font: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import font_manager

    names = ["DejaVu Sans", "SimHei"] if font else ["DejaVu Sans"]
    monkeypatch.setattr(font_manager, "get_font_names", lambda: names)
    words = {"step": "步数", "A title": "标题", "unit {k}": "单元 {k}", "$x$, a size": "$x$，大小"}
    with speaking("zh", words), style() as plt:
        figure, axes = plt.subplots()
        axes.set_title("标题")
        axes.set_xlabel("step")
        axes.set_ylabel(tr("unit {k}").format(k=3))
        axes.set_xticks([0], ["step"])
        formula = axes.text(0, 0, "$x$, a size")
    ticks = [label.get_text() for label in axes.get_xticklabels()]
    assert ticks == [axes.get_xlabel()]
    shown = axes.get_title(), axes.get_xlabel(), axes.get_ylabel(), formula.get_text()
    plt.close(figure)
    chinese, english = (
        ("标题", "步数", "单元 3", "$x$，大小"),
        ("A title", "step", "unit 3", "$x$, a size"),
    )
    assert shown == (chinese if font else english)
    assert (formula.get_fontfamily()[0] == "SimHei") == font  # the rest of it would be boxes


# one notebook in both languages


@pytest.fixture(scope="module")
def chinese(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """00_start, released in Chinese."""
    folder = tmp_path_factory.mktemp("zh")
    notebook = load_course(ROOT).assignment("00_start")
    generate_translated([translated(notebook, "zh")], ROOT / "assignments", folder)
    return folder / "assignments" / "00_start"


def test_ids_points_code_and_public_numbers_are_those_of_the_english_release(
    chinese: Path,
) -> None:
    english = ROOT / "assignments" / "00_start"
    one, other = (nbformat.read(x / "start.ipynb", 4) for x in (english, chinese))
    assert other.metadata["autograder"] == {"language": "zh"}
    assert [c.id for c in one.cells] == [c.id for c in other.cells]
    for a, b in zip(one.cells, other.cells, strict=True):
        grades = [
            {k: v for k, v in c.metadata.get("nbgrader", {}).items() if k != "checksum"}
            for c in (a, b)
        ]
        assert grades[0] == grades[1]
        assert a.cell_type == "markdown" or same_program(a.source, b.source)
    before, after = (
        json.loads((x / "start.check.json").read_text(encoding="utf-8")) for x in (english, chinese)
    )
    assert after.pop("language") == "zh"
    words = after.pop("words")
    assert before == after
    assert all(any(ord(c) > 0x2FFF for c in text) for text in words.values())


RIGHT = "size = np.abs(x) + np.abs(y)\n    error = np.max(np.abs(x - y) / np.maximum(1e-8, size))"
WRONG = RIGHT.replace("np.max(", "np.mean(")


@pytest.mark.parametrize("answer", [RIGHT, WRONG])
def test_the_same_answer_gets_the_same_verdict_in_the_language_of_its_notebook(
    answer: str, chinese: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_LANGUAGE")
    kit = load_course(ROOT).assignment("00_start").released_cells
    rows, cards, ran = [], [], []
    for folder in (ROOT / "assignments" / "00_start", chinese):
        node = nbformat.read(folder / "start.ipynb", 4)
        for cell in node.cells:
            if cell.id == "relative_error_code":
                stub = "# YOUR CODE HERE\n    raise NotImplementedError()"
                assert stub in cell.source
                cell.source = cell.source.replace(stub, answer)
        (tmp_path / "start.ipynb").write_text(nbformat.writes(node), encoding="utf-8")
        public = (folder / "start.check.json").read_bytes()
        (tmp_path / "start.check.json").write_bytes(public)
        checked = check_notebook(tmp_path / "start.ipynb", Limits(), isolated=False, explain=False)
        rows.append(checked.rows)
        cards.append(as_text(card(checked.rows[0], hint=1)))
        cells = parse((tmp_path / "start.ipynb").read_bytes())
        ran.append([cell.name for cell in plan(cells, kit)])
    assert rows[0] == rows[1]
    assert ran[0] == ran[1]
    assert rows[0][0].status == ("right" if answer is RIGHT else "wrong")
    assert not any(ord(c) > 0x2FFF for c in cards[0])
    if answer is WRONG:
        assert "这是误差的平均值" in cards[1]
    assert load(chinese / "start.check.json").language == "zh"


def test_whichever_language_is_handed_in_it_is_graded_shown_and_collected_alike(
    chinese: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AUTOGRADER_SECRET", raising=False)
    for folder in ("solutions", "assignments"):
        copytree(ROOT / folder / "00_start", tmp_path / folder / "00_start")
    copytree(ROOT / "locale", tmp_path / "locale")
    copytree(chinese, tmp_path / "assignments" / "zh" / "00_start")
    copy(ROOT / "nbgrader_config.py", tmp_path)
    folders = {"en": ROOT / "assignments" / "00_start", "zh": chinese}
    matcher = Matcher(tmp_path, {"00_start": tmp_path / "solutions" / "00_start" / "start.py"})
    for who, folder in folders.items():
        node = nbformat.read(folder / "start.ipynb", 4)
        assert matcher.match(nbformat.writes(node).encode(), "a.ipynb").untouched
        for cell in node.cells:
            cell.source = cell.source.replace(
                "# YOUR CODE HERE\n    raise NotImplementedError()", WRONG
            )
        own = tmp_path / "submitted" / who / "00_start" / "start.ipynb"
        own.parent.mkdir(parents=True)
        own.write_text(nbformat.writes(node), encoding="utf-8")
        bare = nbformat.from_dict(node)
        for cell in bare.cells:
            cell.id, cell.metadata = f"a{bare.cells.index(cell)}", nbformat.NotebookNode()
        found = matcher.match(nbformat.writes(bare).encode(), "a.ipynb")
        assert found.assignments == ("00_start",) and not found.untouched
    run(tmp_path, "autograder", "grade")
    results, shown = (
        [json.loads((tmp_path / place.format(who)).read_text("utf-8")) for who in folders]
        for place in ("results/00_start/{}.json", "autograded/{}/00_start/start.ipynb")
    )
    scores = [[(row["id"], row["score"], row["status"]) for row in r["rows"]] for r in results]
    assert scores[0] == scores[1] and "wrong" in {status for *_, status in scores[0]}
    cells = [[(c["id"], c["metadata"].get("nbgrader")) for c in node["cells"]] for node in shown]
    assert cells[0] == cells[1]
    assert not [
        c for c in shown[1]["cells"] if c["cell_type"] == "markdown" and "你" in c["source"]
    ]


def test_the_settings_of_a_language_are_read() -> None:
    language = read_language(ROOT, "zh")
    assert isinstance(language, Language)
    assert language.glossary is not None
    assert language.glossary["upstream gradients?"] == ("上游梯度",)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "--help"), "显示本说明并退出。"),
        (("check", "--timeout", "x"), "'--timeout' 的值无效：这里要写一个数"),
        (("grad",), "你是否想用 'grade'？"),
    ],
)
def test_what_typer_says_of_the_command_line_is_in_the_language_too(
    words: tuple[str, ...], said: str
) -> None:
    command = Path(sys.executable).with_name("autograder")
    spoken = {**os.environ, "AUTOGRADER_LANGUAGE": "zh", "COLUMNS": "100"}
    done = subprocess.run([command, *words], capture_output=True, env=spoken)
    shown = (done.stdout + done.stderr).decode()
    assert said in shown and "用法：autograder" in shown
    assert not re.search("Usage|Error|Options|Try|Show", shown)


def test_what_a_command_puts_together_is_said_whole_in_the_language() -> None:
    lines = [Line("secret seed", "not installed; only the experiments with PyTorch needs it")]
    note = Note("graded WITHOUT ISOLATION", ["a", "b", "c", "d"])
    with speaking("zh"):
        assert show(lines) == "✓ 秘密种子  没有安装；只有含 PyTorch 的实验要用到"
        assert note.told() == "4 份是在没有隔离的情况下评分的：a、b、c 和另外 1 个（-v 列出全部）"
    assert note.told() == "4 graded WITHOUT ISOLATION: a, b, c and 1 more (-v names all)"
