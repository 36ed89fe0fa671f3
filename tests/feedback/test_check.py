"""`check` and `progress` as a student calls them, in plain Python."""

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.feedback import Score, check, progress
from autograder.feedback.beside import CheckError
from autograder.feedback.blocks import Head
from tests.feedback.conftest import (
    HINTS,
    RIGHT,
    WRONG_BACKWARD,
    WRONG_DOUBLE,
    namespace,
    public_data,
)

UNWRITTEN = "def {name}(*args):\n    raise NotImplementedError()\n"


def checked(*texts: str, call: str) -> Score:
    """Run `call` in a namespace in which these texts were run, as a check cell does."""
    own = namespace(RIGHT, *texts)
    own |= {"check": check, "progress": progress}
    score = eval(compile(call, "<check cell>", "eval"), own)
    assert isinstance(score, Score)
    return score


@pytest.mark.usefixtures("folder")
def test_a_right_answer_earns_its_points() -> None:
    score = checked(call="check(scale_backward)")
    assert score == 3.0 and repr(score) == str(score) == "3.0"
    assert "right" in score.text and "3 / 3 points" in score.text
    assert "a batch of one" in score.text


@pytest.mark.usefixtures("folder")
def test_partial_credit_and_the_known_mistake() -> None:
    score = checked(WRONG_BACKWARD, call="check(scale_backward)")
    assert score == 1.5
    assert "dw is a sum, not a mean." in score.text
    assert "✓ dx" in score.text and "✗ dw" in score.text
    assert "dw is a sum, not a mean." in score.text


@pytest.mark.usefixtures("folder")
def test_a_row_that_calls_a_wrong_one_keeps_its_points() -> None:
    score = checked(WRONG_DOUBLE, call="check(fourfold)")
    assert score == 2.0
    assert "double" in score.text and "kept" in score.text
    assert "warning" not in score.text
    assert checked(WRONG_DOUBLE, call="check(double)") == 0.0


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["scale_forward", "scale_backward", "double"])
def test_the_starter_earns_nothing_and_is_met_kindly(name: str) -> None:
    score = checked(UNWRITTEN.format(name=name), call=f"check({name})")
    assert score == 0.0
    assert "not written yet" in score.text and "NotImplementedError" not in score.text


@pytest.mark.usefixtures("folder")
def test_a_backward_without_its_forward_says_what_it_waits_for() -> None:
    score = checked(UNWRITTEN.format(name="scale_forward"), call="check(scale_backward)")
    assert score == 0.0
    assert "raised an error" not in score.text


@pytest.mark.usefixtures("folder")
def test_the_whole_starter_is_not_written_yet_and_no_more() -> None:
    names = ["scale_forward", "scale_backward", "double", "fourfold"]
    starter = [UNWRITTEN.format(name=name) for name in names]
    text = checked(*starter, call="check(scale_backward)").text
    assert "not written yet" in text and "builds on" not in text
    own = namespace(RIGHT, *starter, "del answer_zero")
    own["progress"] = progress
    table = repr(eval("progress()", own))
    assert table.count("not written yet") == 5 and "not run yet" not in table


@pytest.mark.usefixtures("folder")
def test_what_a_wrong_row_builds_on_is_named() -> None:
    forward = "def scale_forward(x, w):\n    return x + w, (x + w, w)\n"
    text = checked(forward, call="check(scale_backward)").text
    assert "scale_forward is not right yet, and scale_backward builds on it" in text
    helper = "def double(x):\n    return x - 1\n"
    text = checked(helper, call="check(fourfold)").text
    assert "double is not right yet, and fourfold builds on it. Mend that one first." in text
    assert "builds on" not in checked(WRONG_BACKWARD, call="check(scale_backward)").text


@pytest.mark.usefixtures("folder")
def test_hints() -> None:
    for n, hint in enumerate(HINTS, start=1):
        text = checked(WRONG_BACKWARD, call=f"check(scale_backward, hint={n})").text
        assert hint in text
        assert all(later not in text for later in HINTS[n:])
    for wrong in ("'1'", "-1", "True", "1.0"):
        with pytest.raises(CheckError, match="hint is"):
            checked(call=f"check(scale_backward, hint={wrong})")


@pytest.mark.usefixtures("folder")
def test_an_answer_is_recorded_or_of_the_wrong_form_and_no_more() -> None:
    right = checked(call="check('answer_zero')")
    wrong = checked("answer_zero = 36", call="check('answer_zero')")
    assert right.text == wrong.text and right == wrong == 0.0
    assert "recorded" in right.text
    text = checked("answer_zero = 'x'", call="check('answer_zero')").text
    assert "wrong form" in text and "answer_zero is 'x'; expected a whole number" in text
    assert "not written yet" in checked("answer_zero = None", call="check('answer_zero')").text
    missing = checked("del answer_zero", call="check('answer_zero')").text
    assert "write answer_zero = … (a whole number)" in missing


@pytest.mark.usefixtures("folder")
def test_a_name_bound_to_the_function_is_found_first() -> None:
    text = "def my_try(x):\n    return 2 * x\ndouble = my_try\n"
    assert checked(text, call="check(my_try)") == 1.0
    assert checked(text, call="check('double')") == 1.0
    decorated = checked("import functools\nold = double\ndouble = None", call="check(old)")
    assert decorated == 1.0 and "another object" in decorated.text


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("check('other_forward')", "other_forward is not a row of small.check.json"),
        ("check(print)", "Its rows are scale_forward, scale_backward"),
        ("check(3)", "a value of type int"),
        ("check(answer_zero)", 'write its name: check\\("answer_zero"\\)'),
        ("check(double(1))", "itself"),
    ],
)
def test_what_is_no_row(call: str, says: str) -> None:
    with pytest.raises(CheckError, match=says) as raised:
        checked(call=call)
    assert raised.value._render_traceback_() == [str(raised.value)]


def test_public_data_that_is_missing_damaged_or_of_another_version(
    folder: Path, public_text: str
) -> None:
    path = folder / "small.check.json"
    for text, says in (
        ("{", "damaged"),
        ("[]", "damaged"),
        (public_text.replace('"schema":1', '"schema":99'), "schema 99"),
        (json.dumps({"schema": 1}), "damaged"),
        ("\x00", "damaged"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CheckError, match=says):
            checked(call="check(double)")
    path.unlink()
    with pytest.raises(CheckError, match=r"no \*\.check\.json"):
        checked(call="check(double)")


def test_public_data_that_changes_is_read_again(folder: Path, public_text: str) -> None:
    path = folder / "small.check.json"
    assert checked(call="check(double)") == 1.0
    worth = public_text.replace('"points":{"value":1}', '"points":{"value":7}')
    assert worth != public_text
    path.write_text(worth, encoding="utf-8")
    os.utime(path, ns=(1, 1))
    assert checked(call="check(double)") == 7.0


def test_of_several_notebooks_in_a_folder_the_right_one_is_asked(
    folder: Path, public_text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = public_text.replace("double", "triple")
    (folder / "another.check.json").write_text(other, encoding="utf-8")
    assert checked(call="check(double)") == 1.0
    monkeypatch.setenv("JPY_SESSION_NAME", str(folder / "another.ipynb"))
    with pytest.raises(CheckError, match=r"not a row of another\.check\.json"):
        checked(call="check(double)")


def test_the_notebooks_own_folder_is_looked_in_too(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "below").mkdir()
    monkeypatch.chdir(folder / "below")
    with pytest.raises(CheckError):
        checked(call="check(double)")
    vscode = f"__vsc_ipynb_file__ = {str(folder / 'small.ipynb')!r}"
    assert checked(vscode, call="check(double)") == 1.0


@pytest.mark.usefixtures("folder")
def test_what_student_code_prints_is_bounded_and_not_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    noisy = (
        "import sys, warnings\n"
        "def double(x):\n"
        "    print('seen ' * 100)\n"
        "    print('loud', file=sys.stderr)\n"
        "    warnings.warn('be warned')\n"
        "    return 2 * x\n"
    )
    assert checked(noisy, call="check(double)") == 1.0
    out, err = capsys.readouterr()
    assert err == "" and "loud" in out
    assert out.count("seen") < 400 and "more characters printed" in out


@pytest.mark.usefixtures("folder")
def test_a_check_leaves_the_random_state_and_the_streams_alone() -> None:
    import numpy as np

    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    before = sys.stdout, sys.stderr, sys.breakpointhook
    checked(WRONG_BACKWARD, call="check(scale_backward)")
    with pytest.raises(KeyboardInterrupt):
        checked("def double(x):\n    raise KeyboardInterrupt", call="check(double)")
    assert (sys.stdout, sys.stderr, sys.breakpointhook) == before
    assert np.random.random() == expected


@pytest.mark.usefixtures("folder")
def test_progress_lists_every_row() -> None:
    own = namespace(RIGHT, WRONG_BACKWARD, UNWRITTEN.format(name="double"))
    own["progress"] = progress
    shown = eval("progress()", own)
    text, html = repr(shown), shown._repr_html_()
    for part in ("scale_forward", "fourfold", "1.5 / 3", "recorded", "not written yet"):
        assert part in text and part in html
    assert "2.5 of 9 points so far (2 of them come later)" in text


def test_a_score_is_a_float_through_and_through() -> None:
    score = Score(2.5, [Head("right", "f", "right")])
    assert score + 1 == 3.5 and f"{score:.1f}" == "2.5" and json.dumps(score) == "2.5"
    assert pickle.loads(pickle.dumps(score)) == 2.5
    assert "<b>" in score._repr_html_() and Score(1)._repr_html_() is None


def run_script(folder: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(code, encoding="utf-8")
    root = str(Path(__file__).resolve().parents[2])
    return subprocess.run(
        [sys.executable, "script.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": root, **environment},
    )


def test_outside_jupyter_the_verdict_is_printed(folder: Path) -> None:
    code = f"from autograder import check, progress\n{RIGHT}\ncheck(double)\nprogress()\n"
    done = run_script(folder, code)
    assert done.stderr == "" and done.returncode == 0
    assert "✓ double: right   1 / 1 point" in done.stdout
    assert "7 of 9 points so far" in done.stdout


def test_a_check_loads_nothing_heavy(folder: Path) -> None:
    code = (
        f"import sys\nfrom autograder import check, progress\n{RIGHT}\n{WRONG_BACKWARD}\n"
        "check(scale_backward, hint=1)\nprogress()\nprint('LOADED', *sys.modules)"
    )
    loaded = set(run_script(folder, code).stdout.partition("LOADED")[2].split())
    assert "autograder.feedback.checking" in loaded
    heavy = {"nbgrader", "msgspec", "typer", "jinja2", "matplotlib", "rich", "IPython", "scipy"}
    rooms = {f"autograder.{room}" for room in ("lab", "course", "sandbox", "grading", "cli")}
    assert loaded & (heavy | rooms) == set()


def test_a_terminal_that_knows_no_ticks(folder: Path) -> None:
    code = f"from autograder import check\n{RIGHT}\ncheck(double)\n"
    done = run_script(folder, code, PYTHONIOENCODING="ascii")
    assert done.stderr == "" and "ok double: right" in done.stdout


def test_the_public_data_of_the_fixture_gives_no_answer_away() -> None:
    answer = public_data().find("answer_zero")
    assert answer is not None and "37" not in json.dumps(answer.cases)


@pytest.mark.usefixtures("folder")
def test_a_slow_answer_is_told_of_the_graders_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["autograder.feedback.checking"]
    clock = iter([0.0, 0.5, 100.0, 168.4])
    monkeypatch.setattr(module, "monotonic", lambda: next(clock))
    assert "seconds" not in checked(call="check(double)").text
    slow = checked(call="check(double)")
    assert "This check took 68 seconds" in slow.text and slow == 1.0


@pytest.mark.usefixtures("folder")
def test_a_function_without_an_end_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["autograder.feedback.checking"], "CALL_SECONDS", 0.1)
    endless = "def double(x):\n    while True:\n        pass\n"
    text = checked(endless, call="check(double)").text
    assert "double took too long: it took more than 0.1 seconds" in text
    assert "Is there a loop without an end" in text and "double, line" in text
    own = namespace(RIGHT, endless) | {"progress": progress}
    table = repr(eval("progress()", own))
    assert table.count("ran out of time") == 2  # fourfold calls double


@pytest.mark.usefixtures("folder")
def test_an_interrupted_check_says_so_and_no_more() -> None:
    with pytest.raises(KeyboardInterrupt) as stopped:
        checked("def double(x):\n    raise KeyboardInterrupt\n", call="check(double)")
    assert stopped.value.__suppress_context__
    (line,) = stopped.value._render_traceback_()  # type: ignore[attr-defined]
    assert line.startswith("You interrupted the check of double.")


@pytest.mark.usefixtures("folder")
def test_public_data_with_an_option_of_another_version(folder: Path, public_text: str) -> None:
    changed = public_text.replace('"gradients":', '"new_option":1,"gradients":')
    assert changed != public_text
    (path,) = folder.glob("*.check.json")
    path.write_text(changed, encoding="utf-8")
    with pytest.raises(CheckError, match=r"another version .*new_option.*same release"):
        checked(call="check(double)")
