"""A verdict as text, HTML and Markdown: what is said, in which order, and what is never said."""

import ast
import os
import re
import string
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import autograder
from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source, Where
from autograder.checks.verdict import discreet
from autograder.exercises.fact import fact
from autograder.exercises.script import Failure
from autograder.feedback import (
    Coverage,
    as_html,
    as_text,
    card,
    render_markdown,
    table,
)
from autograder.feedback.heatmap import Grid, grid, grids, pattern
from autograder.feedback.sentences import SENTENCES
from tests.feedback import examples
from tests.feedback.examples import render_html, render_text

CASES = examples.CASES
GOLDEN = Path(__file__).parent / "golden"
NAMES = ["partial", "wrong", "raised", "right", "unanswered", "hidden", "followed", "not_finite",
         "manual", "recorded_answer", "wrong_form"]  # fmt: skip
RESULTS: dict[str, Callable[[], RowResult]] = {name: getattr(examples, name) for name in NAMES}


def compare(name: str, text: str) -> None:
    """Compare with the file on record; UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8"), f"{name} changed: read the difference"


def test_cards_are_as_on_record() -> None:
    """One file for each way to write a card; the style sheet is none of it."""
    shown = {"coverage": examples.COVERAGE, "grids": [examples.COLUMN]}
    cards = [card(make(), **shown) for make in RESULTS.values()]
    cards.append((table(examples.notebook()),))
    compare("cards.txt", "\n\n\n".join(map(as_text, cards)) + "\n")
    html = re.sub(r' style="[^"]*"', "", "\n\n\n".join(map(as_html, cards)))
    compare("cards.html", html.replace("><", ">\n<") + "\n")
    compare("notebook.md", render_markdown(examples.notebook(), title="02_layers"))


class Balanced(HTMLParser):
    """Fails on a tag that is not closed, on scripts, links, handlers and classes of a theme."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words, boxes = {"b", "code", "pre", "span"}, {"div", "details", "summary"}
        assert tag in words | boxes | {"table", "tbody", "tr", "td"}
        for key, _ in attrs:
            assert not key.startswith("on") and key not in ("href", "src", "id")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", NAMES)
def test_html_is_balanced_and_harmless(name: str) -> None:
    parser = Balanced()
    parser.feed(render_html(RESULTS[name](), hint=3, coverage=examples.COVERAGE,
                            grids=[examples.COLUMN]))  # fmt: skip
    parser.close()
    assert parser.open == []


NASTY = "</div><img src=x onerror=alert(1)>\x1b[2J\u202e`|@all"


@pytest.mark.parametrize("place", ["message", "says", "case", "output", "mistake", "traceback"])
def test_no_text_of_a_student_is_markup_or_drives_the_terminal(place: str) -> None:
    finding = examples.partial().findings[0]
    if place in ("case", "output"):
        finding = replace(finding, **{place: NASTY})
    elif place in ("message", "traceback"):
        failure = Failure("exception", NASTY, NASTY, (NASTY,))
        finding = replace(finding, difference=None, failure=failure)
    else:
        told = Explanation(Source.KNOWN, NASTY, NASTY)
        finding = replace(finding, explanation=told)
    name = finding.output or ""
    result = RowResult("f", 0.0, 1.0, "partial", {name: False, "ok": True}, (finding,))
    parser = Balanced()
    parser.feed(render_html(result))
    assert parser.open == []
    for text in (render_text(result), render_markdown([result]), render_html(result)):
        assert "\x1b" not in text and "\u202e" not in text
    outside_code = re.sub(r"`[^`\n]*`|^ {4,}.*$", "", render_markdown([result]), flags=re.M)
    assert "<img" not in outside_code


@pytest.mark.parametrize("render", [render_text, render_html, lambda r: render_markdown([r])])
def test_hidden_findings_never_show_their_numbers(render: Callable[[RowResult], str]) -> None:
    public = examples.hidden().findings[0]
    shown = render(examples.hidden())
    both = render(
        replace(
            examples.hidden(),
            findings=(
                *examples.hidden().findings,
                replace(
                    public, hidden=False, difference=Difference("value", (), 1.5, 2.5, 0.4, ())
                ),
            ),
        )
    )
    for text in (shown, both):
        for secret in ("123", "654", "dx[1, 2]: got 123"):
            assert secret not in text
    assert "hidden cases" in shown and "2 hidden" not in shown
    assert "1.5" in both and "2.5" in both


def test_a_grid_of_another_case_is_not_shown_for_a_hidden_finding() -> None:
    picture = Grid("dx", "plain", np.array([[1.0, 123.456], [1, 1]]), np.ones((2, 2)))
    assert "<table" not in render_html(examples.hidden(), grids=[picture])


def test_the_order_of_a_message() -> None:
    raised = examples.raised().findings[0]
    result = replace(examples.partial(), findings=(examples.partial().findings[0], raised))
    for text in (render_text(result, hint=1), render_html(result, hint=1)):
        where = [
            text.index(part)
            for part in ("partly right", "db is averaged", "off by", "0.5125", HINT, "In your code")
        ]
        assert where == sorted(where)


HINT = "along how many paths"


def test_hints_come_on_request_and_say_that_they_cost_nothing() -> None:
    for render in (render_text, render_html):
        none, two, many = (render(examples.partial(), hint=n) for n in (0, 2, 9))
        assert "3 hints" in none and "nothing" in none and HINT not in none
        assert HINT in two and "first axis" not in two and "hint=3" in two
        assert "1 more hint; it costs nothing" in two
        assert "first axis" in many and "That is all: 3 hints" in many
    assert "no hints" in render_text(examples.not_finite(), hint=1)


def test_the_hint_of_an_answer_is_asked_for_by_name() -> None:
    asked = replace(examples.wrong_form(), hints=("Look at the table.",))
    assert 'check("answer_zero", hint=1)' in render_text(asked)


def test_one_mistake_in_several_outputs_is_said_once() -> None:
    base = examples.partial().findings[0]
    findings = tuple(
        replace(base, output=name, explanation=Explanation(Source.KNOWN, "upstream_lost", "SAY"))
        for name in ("dx", "dw", "db")
    )
    text = render_text(replace(examples.partial(), findings=findings))
    assert text.count("SAY") == 1 and all(f"{name} is off" in text for name in ("dx", "dw", "db"))
    assert "dx, dw, db: SAY" in text
    unscaled = tuple(
        replace(base, explanation=Explanation(Source.CHECK, fact=fact("mask.unscaled", p=p)))
        for p in (0.25, 0.8)
    )
    text = render_text(replace(examples.partial(), findings=unscaled))
    assert text.count("The kept entries are x itself") == 1 and "p = 0.25" in text


def test_a_hidden_case_says_nothing_twice() -> None:
    base = replace(
        examples.partial().findings[0],
        explanation=Explanation(Source.KNOWN, "lost", "SAY", where=Where("affine_backward", 2)),
    )
    hidden = replace(base, case="b", hidden=True)
    result = replace(examples.partial(), findings=(base, hidden))
    text = render_text(discreet(result))
    assert text.count("SAY") == 1 and "Line 2 of affine_backward" in text
    assert text.count(f"✗ {base.output} is") == 1 and "; hidden cases]" in text


def test_how_often_a_finding_came_up() -> None:
    result = examples.partial()
    assert "[7 of 8 cases]" in render_text(result, coverage=examples.COVERAGE)
    assert "[7 cases]" in render_text(result)
    once = replace(result, findings=result.findings[:1])
    assert "[1 of 8 cases: plain]" in render_text(once, coverage=examples.COVERAGE)
    assert "[all 7 cases]" in render_text(result, coverage=Coverage(tuple("abcdefg")))


def test_the_first_case_again_is_news_only_when_the_first_was_right() -> None:
    first = Finding(Check.GRADIENT, "dx", "plain", difference=OFF)
    again = replace(
        first,
        check=Check.REPEATABILITY,
        case="the first case again",
        explanation=Explanation(Source.CHECK, fact=fact("again.state")),
    )
    result = RowResult("f", 0, 5, "wrong", {"dx": False}, (first, again))
    text = render_text(result, coverage=examples.COVERAGE)
    assert text.count("dx is off") == 1 and "[2 of 8 cases" in text
    alone = render_text(replace(result, findings=(again,)))
    assert "asked the same again, dx is off" in alone and "came in between" in alone


JUDGED = fact(
    "critic.some", what="f", caught=3, wrong=5, alarms=0, right=2, percent=60, missed=["sign"],
    alarmed=[], raised=0, error="",
)  # fmt: skip
OFF = Difference("value", (), 1.0, 2.0, 0.5, ())


def test_every_fact_has_a_sentence_and_every_sentence_its_fact() -> None:
    """The names of facts stand in the code as texts; some are put together of two parts."""
    code = "\n".join(p.read_text(encoding="utf-8") for p in Path("autograder").rglob("*.py"))
    code = code.replace(Path("autograder/feedback/sentences.py").read_text(encoding="utf-8"), "")
    used = set(re.findall(r'\bfact\(\s*"([a-z_.0-9]+)"', code))
    assert used <= SENTENCES.keys(), used - SENTENCES.keys()
    whole = set(re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)*)"', code))
    families = {
        name.split("{")[0] for name in re.findall(r'"([a-z_]+\.\{[a-z._]+\}[a-z_]*)"', code)
    }
    families |= {name.split("{")[0] for name in re.findall(r'f"([a-z_]+\.)\{', code)}
    unused = {
        name
        for name in SENTENCES
        if name not in whole and not any(name.startswith(family) for family in families)
    }
    assert not unused
    gaps = {name: re.findall(r"\{(\w+)\}", text) for name, text in SENTENCES.items()}
    assert all("{" not in re.sub(r"\{\w+\}", "", text) for text in SENTENCES.values()), gaps


def test_what_is_said_of_all_outputs_is_said_once() -> None:
    findings = tuple(
        Finding(Check.ACCOUNT, output, case, fact=JUDGED) for case in CASES[:2] for output in "abc"
    )
    result = RowResult("f", 0, 5, "wrong", dict.fromkeys("abc", False), findings)
    for render in (render_text, render_html):
        text = render(result, coverage=Coverage(CASES[:2]))
        assert text.count("rejects 3 of 5") == text.count("accepted, but wrong") == 1
        assert "all 2 cases" in text


def test_an_account_takes_the_place_of_the_names_of_the_cases() -> None:
    every, two = (fact("critic.all", what="f", wrong=n, right=2) for n in (5, 6))
    same = replace(examples.right(), accounts=(every,) * 3)
    text = render_text(same, coverage=examples.COVERAGE)
    assert "accepts all 2 right, in each of 3 runs." in text and "Checked on" not in text
    apart = render_text(replace(same, accounts=(every, two, every)), coverage=examples.COVERAGE)
    assert "accepts all 2 right; f rejects all 6 wrong" in " ".join(apart.split())
    wrong = replace(examples.partial(), accounts=(every,))
    assert "rejects" not in render_text(wrong, coverage=examples.COVERAGE)


def test_a_recursion_without_end_is_told_once() -> None:
    endless = Failure("exception", "too deep", "RecursionError", ("f, line 2: f()",) * 12)
    finding = replace(examples.raised().findings[0], failure=endless)
    text = render_text(replace(examples.raised(), findings=(finding,)))
    assert text.count("f, line 2") == 1 and "(and again)" in text


@pytest.mark.parametrize(
    ("finding", "section"),
    [
        (Finding(Check.FINITE, "out", difference=replace(OFF, kind="finite")), "NaN or inf"),
        (
            Finding(Check.CONTRACT, "dx", difference=Difference("shape", (), (1, 2), (2,))),
            "Shape errors",
        ),
        (
            Finding(
                Check.FAILURE, failure=Failure("exception", "cannot reshape array", "ValueError")
            ),
            "Shape errors",
        ),
        (Finding(Check.GRADIENT, "dw", "plain", difference=OFF), "A flat loss"),
        (Finding(Check.GRADIENT, "dx", "plain", difference=OFF), ""),
        (Finding(Check.FAILURE, failure=Failure("exception", "'mode'", "KeyError")), ""),
    ],
)
def test_messages_point_to_the_troubleshooting_page(finding: Finding, section: str) -> None:
    result = RowResult("f", 0, 5, "wrong", {"dx": False}, (finding,))
    text = render_text(result, grids=[Grid("dw", "plain", WANT * 0, WANT)])
    pointed = f"More: “{section}” in docs/troubleshooting.md"
    assert pointed in text if section else "troubleshooting" not in text


def test_many_problems_are_cut_short() -> None:
    findings = tuple(Finding(Check.GRADIENT, f"d{i}", "plain", difference=OFF) for i in range(9))
    result = RowResult("f", 0, 5, "wrong", {f"d{i}": False for i in range(9)}, findings)
    page = render_html(result)
    assert page.index("d1</code>: got") < page.index("<details") < page.index("d2</code>: got")
    assert "d2, d3, d4, d5, d6, d7 and d8: wrong, too" in page


WANT = np.arange(1.0, 10.0).reshape(3, 3)


def one_wrong(index: object) -> np.ndarray:
    got = WANT.copy()
    got[index] += 1  # type: ignore[index]
    return got


@pytest.mark.parametrize(
    ("got", "says"),
    [
        (one_wrong((slice(None), 1)), "only dw[:, 1] is wrong"),
        (one_wrong(2), "only dw[2] is wrong"),
        (one_wrong((slice(None), [0, 2])), "only dw[:, 1] is right"),
        (WANT + np.eye(3), "only the diagonal is wrong"),
        (WANT + 1 - np.eye(3), "only the diagonal is right"),
        (WANT + np.nan, ""),
        (WANT.copy(), ""),
        (WANT**2 + 1, ""),
    ],
)
def test_what_the_wrong_entries_have_in_common(got: np.ndarray, says: str) -> None:
    assert pattern(Grid("dw", "plain", got, WANT)) == says


def test_a_pattern_in_more_than_two_axes() -> None:
    want = np.random.default_rng(0).standard_normal((2, 3, 4, 5))
    got = want.copy()
    got[:, :, 2] *= 1.5
    assert pattern(Grid("dx", "plain", got, want)) == "only dx[:, :, 2] is wrong"


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (None, WANT),
        (WANT[:2], WANT),
        (np.array(["a"]), np.array(["a"])),
        ((WANT,), (WANT,)),
        (np.zeros((0, 3)), np.zeros((0, 3))),
    ],
)
def test_no_picture_of_what_is_no_matrix(got: object, expected: object) -> None:
    assert grid("dw", "plain", got, expected) is None


def test_pictures_only_where_they_teach() -> None:
    assert examples.COLUMN.teaches
    assert not Grid("dw", "plain", WANT + 1, WANT).teaches
    assert not Grid("dw", "plain", WANT, WANT).teaches
    assert not Grid("db", "plain", WANT[0] + [0, 0, 1], WANT[0]).teaches


def test_what_one_exception_left_without_a_value_is_told_together() -> None:
    names = ["data: sum", "exp", "tanh", "a fork", "many paths"]
    broken = Difference("broken", (), "TypeError: no")
    found = [Finding(Check.CONTRACT, name, "plain", difference=broken) for name in names]
    other = Finding(
        Check.CONTRACT, "relu", "plain", difference=replace(broken, got="KeyError: 'x'")
    )
    entry = Finding(Check.CONTRACT, "grads", "plain", difference=replace(broken, where=("w",)))
    outputs = dict.fromkeys([*names, "relu", "grads"], False)
    result = RowResult("Value", 0, 5, "wrong", outputs, (*found, other, entry))
    text = render_text(result)
    assert (text.count("TypeError: no"), text.count("KeyError")) == (2, 1)
    assert "grads['w'] could not be computed: TypeError: no" in text
    assert "data: sum, exp, tanh, a fork and 1 more could not be computed" in text


def test_no_picture_beside_other_numbers_than_those_that_judged() -> None:
    """A mask of the student's own judges dropout; the released numbers are those of another."""
    seen = {"f": SimpleNamespace(outputs={"dx": WANT + 1})}
    expected = SimpleNamespace(outputs={"f": {"dx": SimpleNamespace(value=WANT)}})
    case = SimpleNamespace(name="plain")
    trial = SimpleNamespace(observed=seen, expectation=expected, case=case, hidden=False)
    for judged_by, drawn in ((WANT, 1), (WANT * 2 + 1, 0)):
        wrong = Difference("value", (), 0.0, float(judged_by[0, 1]), 1.0, (0, 1))
        finding = Finding(Check.GRADIENT, "dx", "plain", difference=wrong)
        result = RowResult("f", 0, 5, "wrong", {"dx": False}, (finding,))
        assert len(grids(result, [trial])) == drawn


def test_backticks_in_hints_and_advice_become_code_and_nothing_else_does() -> None:
    hinted = replace(
        examples.wrong(), status="wrong", hints=("sum `dout` over <b>N</b>, as `x.T @ d`",)
    )
    html = render_html(hinted, hint=1)
    assert "dout</code> over &lt;b&gt;N&lt;/b&gt;, as" in html
    assert "`" not in html and "<b>N</b>" not in html


def test_every_fact_fills_the_gaps_of_its_sentence():
    """Read from the calls: one that lacks a value is met only when somebody makes the slip."""
    seen = 0
    for path in sorted(Path(autograder.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "fact"):
                continue
            names = [
                part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)
            ]
            given = {keyword.arg for keyword in node.keywords}
            for name in SENTENCES.keys() & set(names):
                gaps = {gap for _, gap, _, _ in string.Formatter().parse(SENTENCES[name]) if gap}
                assert None in given or gaps - {"article"} <= given, f"{path}:{node.lineno}: {name}"
                seen += 1
    assert seen > 40
