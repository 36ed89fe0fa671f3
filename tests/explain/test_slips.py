"""An unknown mistake is named by the kind of slip that gives the same numbers, or not at all."""

import json
from dataclasses import replace

import numpy as np
import pytest

from autograder.checks.compare import Expected
from autograder.course.mutants import OPERATORS, mutants
from autograder.exercises import Layer, Sampler, choice, edit, rng
from autograder.exercises.cases import Case
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import PublicData, dump, load
from autograder.explain import examine, from_public, prepare, to_public
from autograder.explain.keys import LETTERS, keys_of
from autograder.explain.known import mistake_of
from autograder.explain.slips import KINDS, Slips, common
from autograder.feedback import as_html, as_text, card
from autograder.grading.result import from_row

REFERENCE = """
def soft_forward(x, w):
    return np.tanh(x * w), (x, w)
def soft_backward(dout, cache):
    x, w = cache
    dz = dout * (1 - np.tanh(x * w) ** 2)
    dx = dz * w
    dw = (dz * x).sum(axis=0)
    return dx, dw
"""
OTHER_STYLE = """
def soft_forward(x, w):
    out = np.tanh(x * w)
    return out, {"x": x, "w": w, "out": out}
def soft_backward(dout, cache):
    slope = (1 - cache["out"]) * (1 + cache["out"])
    grads = np.zeros(cache["w"].shape)
    for row, up, s in zip(cache["x"], dout, slope):
        grads += up * s * row
    return cache["w"] * slope * dout, grads
"""


def runner(source):
    namespace = {"np": np}
    exec(compile(source, "<cell 1>", "exec"), namespace)
    return LocalRunner(namespace)


def derived(question, exercise):
    """The slips as the course derives them, of the plain operators."""
    found = {}
    body = REFERENCE.partition("def soft_backward")[2]
    for mutant in mutants("def soft_backward" + body, "soft_backward", OPERATORS):
        made = runner(REFERENCE.partition("def soft_backward")[0] + mutant.source)
        seen = {"dx": [], "dw": []}
        for e in question.expectations:
            if e.case.tie or e.case.name == "the first case again":
                continue
            got = exercise.observe(e.case, made.run(exercise.script(e.case)))["soft_backward"]
            for name in seen:
                value = got.outputs[name] if got.outputs else None
                seen[name].append((e.case, e.outputs["soft_backward"][name], value))
        for name, all_seen in seen.items():
            for key in keys_of(all_seen, border=0.0):
                found.setdefault(name, {}).setdefault(key, set()).add(mutant.kind)
    rows = {}
    for name, kinds in found.items():
        for key, several in kinds.items():
            kind = common(several)
            if kind is not None:
                labels = rows.setdefault(name, {})
                labels[kind] = labels.get(kind, "") + key
    return Slips({"soft_backward": rows}, made_from="sha256:0")


@pytest.fixture(scope="module")
def exercise():
    return Layer(
        "soft_forward",
        "soft_backward",
        name="soft",
        inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 4},
        mistakes=[
            edit("soft_backward", "(1 - np", "(2 - np", name="two_for_one", says="two"),
        ],
    )


@pytest.fixture(scope="module")
def questions(exercise, tmp_path_factory):
    wrong = {m: runner(m.apply(REFERENCE)) for m in exercise.mistakes}
    reference = runner(REFERENCE)
    public = prepare(exercise, reference=reference, mistaken=wrong, hidden=False)
    hidden = prepare(
        exercise, seed="secret", rounds=2, reference=reference, mistaken=wrong, hidden=True
    )
    slips = derived(public, exercise)
    shipped = to_public(replace(public, slips=slips))
    path = tmp_path_factory.mktemp("public") / "soft.check.json"
    path.write_text(dump(PublicData("01", "soft", (shipped,))), encoding="utf-8")
    data = load(path)
    assert data.exercises[0].slips_of == "sha256:0"
    return [from_public(data.exercises[0]), hidden]


def backward(questions, *changes):
    source = OTHER_STYLE
    for old, new in changes:
        assert source.count(old) == 1
        source = source.replace(old, new)
    return {r.id: r for r in examine(questions, runner(source))}["soft_backward"]


def test_right_answers_of_another_style_get_no_name(questions):
    result = backward(questions)
    assert (result.status, mistake_of(result)) == ("right", set())


@pytest.mark.parametrize(
    ("old", "new", "kind", "outputs"),
    [
        ('cache["w"] * slope * dout', 'cache["w"] * slope', "slip:lost_factor", {"dx"}),
        ('cache["w"] * slope * dout', 'slope * dout / cache["w"]', "slip:inverse", {"dx"}),
        ('(1 + cache["out"])', "1", "slip:power", {"dx", "dw"}),
    ],
)
def test_a_slip_in_another_style_is_named_on_public_and_hidden_cases(
    questions, old, new, kind, outputs
):
    result = backward(questions, (old, new))
    costly = [f for f in result.findings if f.costs]
    assert {f.output for f in costly if f.mistake == kind} == outputs
    assert {f.hidden for f in costly if f.mistake == kind} == {True, False}
    assert {f.mistake for f in costly} == {kind}


def test_the_score_does_not_depend_on_the_name(questions):
    change = ('cache["w"] * slope * dout', 'cache["w"] * slope')
    public, hidden = questions
    nameless = backward([type(public)(public.exercise, public.expectations), hidden], change)
    assert mistake_of(nameless) == set()
    assert backward(questions, change).score == nameless.score == 2


def test_what_no_slip_gives_stays_without_a_name(questions):
    result = backward(questions, ('cache["w"] * slope * dout', 'cache["w"] * slope * dout + 0.01'))
    assert (result.score, mistake_of(result)) == (2, set())


def test_a_hand_written_mistake_wins(questions):
    result = backward(questions, ('(1 - cache["out"]) *', '1 + (1 - cache["out"]) *'))
    assert mistake_of(result) == {"two_for_one"}


def test_a_slip_that_fits_the_public_cases_only_in_part_is_not_named(questions):
    """At one case the slip is not made: then the numbers are not those of the slip."""
    partly = 'cache["w"] * slope * (dout if len(dout) != 1 else 1)'
    result = backward(questions, ('cache["w"] * slope * dout', partly))
    assert result.score == 2
    assert mistake_of(result) == set()


def test_kinds_that_do_not_agree_give_no_name():
    assert common({"sign"}) == "sign"
    assert common({"power", "lost_factor"}) == "factor"
    assert common({"lost_term", "lost_statement"}) == "lost_part"
    assert common({"axis", "sign"}) is None


def test_two_labels_at_the_border_of_a_step_give_no_name():
    one, other = "A" * LETTERS, "B" * LETTERS
    slips = Slips({"f": {"dx": {"sign": one, "axis": other}}})
    assert slips.label("f", "dx", [one]) == "sign"
    assert slips.label("f", "dx", [one, other]) is None
    assert slips.label("f", "dw", [one]) is None


CASES = [Case("plain", 1, {}), Case("other", 2, {}), Case("third", 3, {})]


def keys(values, wanted=1.0):
    want = Expected(np.full((2, 3), wanted))
    return keys_of([(c, want, v) for c, v in zip(CASES, values, strict=False)])


def test_an_output_that_tells_nothing_has_no_key():
    grid = np.arange(6.0).reshape(2, 3) + 0.25
    assert len(keys([grid, grid + 0.5, grid * 2])) >= 1
    assert keys([np.zeros((2, 3))] * 3) == []
    assert keys([np.full((2, 3), 7.0)] * 3) == []
    assert keys([np.full((2, 3), np.nan)] * 3) == []
    assert keys([grid, np.ones((2, 3)), np.ones((2, 3))]) == []
    assert keys([grid, None, grid]) == []
    assert keys([grid > 1, grid > 2, grid > 3]) == []


def test_keys_hold_against_rounding_and_tell_numbers_apart():
    rng = np.random.default_rng(0)
    told = 0
    for _ in range(200):
        values = [rng.standard_normal((2, 3)) for _ in CASES]
        (key,) = keys_of(
            [(c, Expected(np.ones((2, 3))), v) for c, v in zip(CASES, values, strict=True)],
            border=0.0,
        )
        assert key in keys([v * (1 + 1e-13) for v in values])
        told += key in keys([v * (1 + 1e-4) for v in values])
    assert told == 0


def test_what_is_told_is_exact_and_warm(questions):
    result = backward(questions, ('cache["w"] * slope * dout', 'cache["w"] * slope'))
    text = " ".join(as_text(card(result)).split())
    assert "This looks like a slip. On the public cases the numbers are" in text
    assert "exactly what comes out when one factor on the way is left out" in text
    assert "slip:" not in text + as_html(card(result))  # identifiers are for instructors
    row = from_row(result)
    assert {f.mistake for f in row.findings if f.mistake} == {"slip:lost_factor"}


def test_the_keys_give_no_numbers_away(questions):
    shipped = to_public(questions[0]).slips["soft_backward"]
    assert set(shipped) == {"dx", "dw"}
    for labels in shipped.values():
        for label, text in labels.items():
            assert label.partition("@")[0] in KINDS and len(text) % LETTERS == 0
    assert json.dumps(shipped).isascii()


def test_a_zero_output_is_named_only_when_the_whole_row_fits(exercise):
    """A mistake that zeroes dx and spoils dw is not named for an answer that only zeroes dx."""
    mistake = edit(
        "soft_backward", "dz = dout", "dz = 0 * dout", name="nothing", says="nothing arrives"
    )
    zeroing = type(exercise)(
        "soft_forward",
        "soft_backward",
        name="soft",
        inputs={"x": "N D", "w": "D"},
        points={"forward": 1, "backward": 4},
        mistakes=[mistake],
    )
    question = prepare(
        zeroing,
        reference=runner(REFERENCE),
        mistaken={mistake: runner(mistake.apply(REFERENCE))},
        hidden=False,
    )
    partly = examine([question], runner(REFERENCE.replace("dx = dz * w", "dx = 0 * dz")))[1]
    assert mistake_of(partly) == {"zero"}
    both = examine([question], runner(mistake.apply(REFERENCE)))[1]
    assert mistake_of(both) == {"nothing"}


@pytest.mark.parametrize(
    ("new", "name"),
    [("dx = 0.3 * dz * w", "factor"), ("dx = dz * w\n    dx[-1] = 0", "last_left_out")],
)
def test_new_hypotheses(questions, new, name):
    public, hidden = questions
    bare = [type(public)(public.exercise, public.expectations), hidden]
    result = examine(bare, runner(REFERENCE.replace("dx = dz * w", new)))[1]
    assert mistake_of(result) == {name}


@pytest.mark.parametrize(
    ("written", "names"),
    [("1 / n", {"spread"}), ("(2 / m) ** 0.5", {"spread"}), ("n**-0.3", set())],
)
def test_the_formula_of_another_deviation_is_told(written, names):
    text = "def draw(n, m, rng):\n    return rng.normal(0, {}, (n, m))"
    right = {"np": np}
    exec(text.format("(2 / n) ** 0.5"), right)
    inputs = {"n": choice(150, 200), "m": choice(80, 120), "rng": rng()}
    exercise = Sampler(right["draw"], points=1, inputs=inputs)
    question = prepare(exercise, reference=LocalRunner(right), mistaken={}, hidden=False)
    (row,) = examine([question], runner(text.format(written)), ["draw"])
    assert row.score < 1 and mistake_of(row) == names
