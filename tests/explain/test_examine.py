"""Verdicts, names and follow-through on a small exercise."""

import json

import numpy as np
import pytest

from autograder.checks.compare import Expected
from autograder.checks.expected import Expectation
from autograder.exercises import Function, Layer, Module, edit, variant
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Mistake
from autograder.exercises.fact import fact
from autograder.exercises.interpreter import LocalRunner
from autograder.exercises.public import PublicData, dump, load
from autograder.exercises.script import Failure, Outcome
from autograder.explain import examine, from_public, general, prepare, to_public
from autograder.explain.known import mistake_of
from autograder.explain.question import Measure
from autograder.feedback import as_text, card
from autograder.feedback.say import message
from autograder.feedback.sentences import SENTENCES
from tests.explain.small import GLOBALS, mistaken


def odd(function, fails):
    """The same function, which raises where `fails(x)`, x being the first array that it sees."""

    def changed(first, second):
        array = second[0] if isinstance(second, tuple) else first
        if fails(np.asarray(array)):
            raise ValueError("odd")
        return function(first, second)

    return changed


def of_one(x):
    return len(x) == 1


def not_contiguous(x):
    return not x.flags["C_CONTIGUOUS"]


FORWARD, BACKWARD = GLOBALS["scale_forward"], GLOBALS["scale_backward"]


class Box:
    def __init__(self, x):
        self.kept = x

    def twice(self):
        return 2 * self.kept


@pytest.mark.parametrize("gone", ["kept", "twice"])
def test_a_class_that_lacks_a_part_is_written_and_the_part_is_told(gone):
    asked = Module(
        Box, inputs={"x": "N"}, init=["x"], steps=[("out", "twice"), ("kept", ".kept")], points=1
    )
    reference = LocalRunner({"np": np, "Box": Box})
    question = prepare(asked, reference=reference, mistaken={}, hidden=False)
    body = {"__init__": lambda self, x: setattr(self, "other", x), "twice": lambda self: self.other}
    body |= {} if gone == "kept" else {"kept": 1}
    if gone == "twice":
        del body["twice"]
    (result,) = examine([question], LocalRunner({"np": np, "Box": type("Box", (), body)}))
    said = [message(finding, "Box") for finding in result.findings]
    assert result.status == "error" and f"{gone} is not defined" in said[0]


def test_a_backward_that_clips_what_comes_from_above_is_wrong_where_much_comes():
    layer = Layer(FORWARD, BACKWARD, inputs={"x": "N D", "w": "D"}, points={"backward": 2})
    how = {"reference": LocalRunner(GLOBALS), "mistaken": {}, "hidden": True}
    clipped = {"scale_backward": lambda d, c: BACKWARD(np.clip(d, -5, 5), c)}
    for rounds, score in ((1, 2), (2, 0)):
        (result,) = examine([prepare(layer, rounds=rounds, **how)], LocalRunner(GLOBALS | clipped))
        assert (result.id, result.score) == ("scale_backward", score)


@pytest.mark.parametrize(
    ("forward", "backward", "scores"),
    [
        # One odd family: half of the row's own points; what a forward did not reach, it pays alone.
        (odd(FORWARD, of_one), BACKWARD, [0.5, 4]),
        (FORWARD, odd(BACKWARD, of_one), [1, 2]),
        (odd(FORWARD, of_one), odd(BACKWARD, of_one), [0.5, 4]),
        # Wrong elsewhere as well: an output that is wrong earns nothing of the half.
        (FORWARD, odd(lambda d, c: (d * c[1], (d * c[0]).mean(0)), of_one), [1, 1]),
        (odd(FORWARD, of_one), lambda d, c: (d * c[1], (d * c[0]).mean(0)), [0.5, 2]),
        # Two odd families, an ordinary case or most of all families: everything.
        (FORWARD, odd(BACKWARD, lambda x: of_one(x) or not_contiguous(x)), [1, 0]),
        (FORWARD, odd(BACKWARD, lambda x: x.shape == (5, 4)), [1, 0]),
        (odd(FORWARD, lambda x: x.shape == (5, 4)), BACKWARD, [0, 0]),
        (odd(FORWARD, lambda x: np.abs(x).max() > 20 or np.abs(x).max() < 0.1 or len(x) in (1, 3)
             or not_contiguous(x)), lambda d, c: (d * c[1], d.sum(0)), [0, 0]),
    ],
)  # fmt: skip
def test_a_crash_in_an_odd_case_is_paid_once_and_by_whom_it_concerns(
    judged, forward, backward, scores
):
    results = judged(scale_forward=forward, scale_backward=backward)
    assert [r.score for r in results.values()] == scores
    assert all((r.status == "right") == (r.score == r.points) for r in results.values())
    assert all(r.findings for r in results.values() if r.score < r.points)


def test_the_reference_earns_everything(judged):
    assert [(r.score, r.status, r.findings) for r in judged().values()] == [
        (1, "right", ()),
        (4, "right", ()),
    ]


def test_each_output_carries_an_equal_share(judged):
    result = judged(scale_backward=lambda d, c: (d * c[1], (d * c[0]).mean(0)))["scale_backward"]
    assert (result.score, result.status) == (2, "partial")
    assert mistake_of(result) == {"dw_mean"}


def test_two_mistakes_in_different_outputs_are_both_named(judged):
    result = judged(scale_backward=lambda d, c: (d + c[1], (d * c[0]).mean(0)))["scale_backward"]
    assert mistake_of(result) == {"dw_mean", "dx_plus"}
    assert result.score == 0


@pytest.mark.parametrize(
    ("backward", "name"),
    [
        (lambda d, c: (-d * c[1], (d * c[0]).sum(0)), "sign"),
        (lambda d, c: (0 * d, (d * c[0]).sum(0)), "zero"),
        (lambda d, c: (2 * d * c[1], (d * c[0]).sum(0)), "twice"),
        (lambda d, c: (d * c[1] / len(d), (d * c[0]).sum(0)), "divided_by_n"),
        (lambda d, c: (np.abs(d * c[1]), (d * c[0]).sum(0)), "absolute"),
        (lambda d, c: (d * c[1] / d.size, (d * c[0]).sum(0)), "sizes"),
        (lambda d, c: (d * c[1] * np.sqrt(d.shape[1]), (d * c[0]).sum(0)), "sizes"),
        (lambda d, c: (c[0] * c[1], (d * c[0]).sum(0)), "is_out"),
        (lambda d, c: (c[0], (d * c[0]).sum(0)), "is_x"),
        (lambda d, c: (d, (d * c[0]).sum(0)), "is_dout"),
    ],
)
def test_general_slips_are_named(judged, backward, name):
    assert mistake_of(judged(scale_backward=backward)["scale_backward"]) == {name}


def test_sizes_are_those_of_the_arrays_where_a_case_brings_its_own():
    def share(x):
        return np.sum(x > 0) / x.size

    wide = {"wide": variant(x=np.linspace(-1, 1, 21).reshape(3, 7))}
    exercise = Function(share, points=1, inputs={"x": "N H"}, variants=wide)
    asked = prepare(exercise, reference=LocalRunner({"share": share}), mistaken={}, hidden=False)
    wrong = {"share": lambda x: np.sum(x > 0) / len(x)}
    (result,) = examine([asked], LocalRunner(wrong))
    assert all(f.explanation.fact == fact("like.sizes", factor="H") for f in result.findings)


def test_a_new_general_slip_is_one_entry_and_its_sentence(judged, monkeypatch):
    """Every output of every row meets it, on hidden cases too; no other file knows of it."""
    monkeypatch.setitem(general.SLIPS, "third", lambda e, n: e + 1 / 3)
    monkeypatch.setitem(SENTENCES, "like.third", "It is a third too much.")
    results = judged(
        scale_forward=lambda x, w: (x * w + 1 / 3, (x, w)),
        scale_backward=lambda d, c: (d * c[1] + 1 / 3, (d * c[0]).sum(0) + 1 / 3),
    )
    for result in results.values():
        told = {f.output: f.explanation for f in result.findings if f.costs}
        assert told.keys() == result.outputs.keys()
        assert {one.name for one in told.values()} == {"third"}
        assert any(f.hidden and f.mistake == "third" for f in result.findings)
        assert "It is a third too much." in as_text(card(result))


@pytest.mark.parametrize("wrong", [lambda dx, x: dx + 0.01, lambda dx, x: dx * x.sum()])
def test_an_unknown_mistake_gets_no_name(judged, wrong):
    result = judged(scale_backward=lambda d, c: (wrong(d * c[1], c[0]), (d * c[0]).sum(0)))
    assert mistake_of(result["scale_backward"]) == set()
    assert result["scale_backward"].score == 2


def test_all_cases_are_run_of_the_mistake_that_fits_and_of_no_other(scale):
    asked = []

    def keep(name, make):
        asked.append(name)
        return make()

    runners = {mistake: mistaken(mistake) for mistake in scale.mistakes}
    question = prepare(
        scale, reference=LocalRunner(GLOBALS), mistaken=runners, hidden=False, keep=keep
    )
    results = examine([question], mistaken(scale.mistakes[1]))
    assert mistake_of(results[1]) == {"dw_mean"}
    assert asked == ["expected", "bank", "bank.scale_backward.dw_mean"]


def test_gradients_that_equal_the_reference_keep_their_points_whatever_the_forward(judged):
    results = judged(scale_forward=lambda x, w: (x + w, (x, w)))
    assert results["scale_forward"].score == 0
    assert results["scale_backward"].score == 4


def test_follow_through_for_the_mistaken_forward(judged):
    results = judged(
        scale_forward=lambda x, w: (3 * x * w, (x, w)),
        scale_backward=lambda d, c: (3 * d * c[1], 3 * (d * c[0]).sum(0)),
    )
    assert mistake_of(results["scale_forward"]) == {"thrice"}
    backward = results["scale_backward"]
    assert (backward.score, backward.status, backward.follow_through) == (4, "right", True)
    assert not any(finding.costs for finding in backward.findings)


@pytest.mark.parametrize(
    ("short", "names"),
    [
        (lambda x, w: x * 0 + w, {"constant", "thrice"}),
        (lambda x, w: x * np.nan, {"thrice"}),
        (lambda x, w: 1 / 0, {"thrice"}),
        (lambda x, w: np.sin(x * w), set()),
    ],
)
def test_where_no_one_mistake_explains_all_each_case_is_told_its_own(judged, short, names):
    result = judged(
        scale_forward=lambda x, w: ((short if len(x) < 4 else lambda x, w: 3 * x * w)(x, w), (x, w))
    )["scale_forward"]
    known = [f for f in result.findings if f.mistake in ("constant", "thrice")]
    assert {f.mistake for f in known} == names and result.score == 0
    assert len(known) == len({(f.case, f.hidden) for f in known})


def test_a_kink_between_small_numbers_takes_no_follow_through_away():
    """Finite differences with one step for all would cross it, and call a right slope wrong."""
    rectify = Layer(
        "rectify", "back", name="rectify", inputs={"x": "N D"}, points={"forward": 1, "backward": 1}
    )
    leak = edit("rectify", "0 * x", "0.1 * x", name="leaky", says="leaks", follow=True)
    names, sources = {"np": np}, [
        "def rectify(x): return np.where(x > 0, x, 0 * x), x",
        "def back(dout, x): return np.where(x > 0, dout, 0.0)",
    ]  # fmt: skip
    reference = LocalRunner(names | defined(*sources))
    leaky = names | defined(sources[0].replace("0 * x", "0.1 * x"), sources[1])
    asked = prepare(rectify, reference=reference, mistaken={leak: LocalRunner(leaky)}, hidden=False)
    leaky |= defined(sources[1].replace("0.0)", "0.1 * dout)"))
    forward, backward = examine([asked], LocalRunner(leaky))
    assert mistake_of(forward) == {"leaky"}
    assert (backward.score, backward.follow_through) == (1, True)


def defined(*sources):
    own = {"np": np}
    exec("\n".join(sources), own)
    return own


def test_a_mistake_of_a_function_that_is_right_is_no_name_for_another():
    def forward(x):
        out = np.tanh(x)
        return out, out

    def backward(dout, cache):
        return dout * (1 - cache**2)

    def linear(x):
        return x, x

    points = {"forward": 1, "backward": 1}
    bend = Layer(forward, backward, name="bend", inputs={"x": "N D"}, points=points)
    mistake = Mistake("forward", "tanh_missing", "no tanh", source="")
    functions = {"np": np, "forward": forward, "backward": backward}
    question = prepare(
        bend,
        reference=LocalRunner(functions),
        mistaken={mistake: LocalRunner(functions | {"forward": linear})},
        hidden=False,
    )

    def named(own):
        results = examine([question], LocalRunner(functions | {"forward": own}))
        return [name for result in results for name in mistake_of(result)]

    assert set(named(linear)) == {"tanh_missing"}
    assert "tanh_missing" not in named(lambda x: (np.tanh(x), x))


def test_no_follow_through_where_the_forward_forgets_an_input(judged):
    results = judged(
        scale_forward=lambda x, w: (x * 0 + w, (x, w)),
        scale_backward=lambda d, c: (0 * d, d.sum(0)),
    )
    assert mistake_of(results["scale_forward"]) == {"constant"}
    assert results["scale_backward"].outputs["dx"] is False


def test_a_backward_that_is_wrong_for_its_own_wrong_forward_is_told(judged):
    results = judged(
        scale_forward=lambda x, w: (5 * x * w, (x, w)),
        scale_backward=lambda d, c: (7 * d * c[1], (d * c[0]).sum(0)),
    )
    assert results["scale_backward"].outputs == {"dx": False, "dw": True}
    told = [f for f in results["scale_backward"].findings if f.check == "own forward"]
    assert not told  # seven times too large is said of dx, and dw has its points
    results = judged(
        scale_forward=lambda x, w: (5 * x * w, (x, w)),
        scale_backward=lambda d, c: (np.cos(d * c[1]), (d * c[0]).sum(0)),
    )
    told = [f for f in results["scale_backward"].findings if f.check == "own forward"]
    said = [message(finding, "scale_backward") for finding in told]
    assert said == [
        "It does not fit the scale_forward that was written either: there the numerical "
        "gradients differ, too (dx)"
    ]


def test_a_backward_that_is_right_for_its_own_wrong_forward_is_told_and_earns_nothing(judged):
    results = judged(
        scale_forward=lambda x, w: (5 * x * w, (x, w)),
        scale_backward=lambda d, c: (5 * d * c[1], 5 * (d * c[0]).sum(0)),
    )
    told = [f for f in results["scale_backward"].findings if f.check == "own forward"]
    assert told and "is right for the scale_forward that was written" in message(
        told[0], "scale_backward"
    )
    assert results["scale_backward"].score == 0


def test_what_is_not_there_is_unanswered(judged):
    def unwritten(dout, cache):
        raise NotImplementedError

    assert judged(scale_backward=None)["scale_backward"].status == "unanswered"
    assert judged(scale_backward=unwritten)["scale_backward"].status == "unanswered"
    assert judged(scale_backward=5)["scale_backward"].status == "unanswered"
    both = judged(scale_forward=None)
    assert {result.score for result in both.values()} == {0}


@pytest.mark.parametrize(
    "returned",
    [None, 1.0, (), (1.0,), (1.0, 2.0, 3.0), "gradients", {"dx": 1}, np.zeros((2, 2, 2))],
)
def test_a_wrong_form_costs_the_row(judged, returned):
    result = judged(scale_backward=lambda d, c: returned)["scale_backward"]
    assert (result.score, result.status) == (0, "wrong")
    assert result.findings[0].costs


def test_state_kept_between_calls_is_caught_by_repeating_the_first_case(judged):
    calls = []

    def forward(x, w):
        calls.append(1)
        return x * w * (1 + (len(calls) > 8)), (x, w)

    result = judged(scale_forward=forward)["scale_forward"]
    assert result.score == 0


def test_public_data_gives_the_same_verdicts(questions, scale, tmp_path):
    path = tmp_path / "small.check.json"
    path.write_text(dump(PublicData("01", "small", (to_public(questions[0]),))), encoding="utf-8")
    again = from_public(load(path).exercises[0])
    assert not json.loads(path.read_text(encoding="utf-8"))["exercises"][0]["declaration"].get(
        "mistakes"
    )
    for runner in [LocalRunner(GLOBALS), *(mistaken(m) for m in scale.mistakes)]:
        one, other = examine([questions[0]], runner), examine([again], runner)
        assert [(r.id, r.score, r.status, r.follow_through) for r in one] == [
            (r.id, r.score, r.status, r.follow_through) for r in other
        ]
        assert [mistake_of(r) for r in one] == [mistake_of(r) for r in other]


def test_a_row_that_hangs_is_not_asked_again(questions):
    class Hanging:
        """Its backward always runs into the time limit."""

        def __init__(self):
            self.backwards = 0

        def run(self, script, ahead=()):
            outcomes = LocalRunner(GLOBALS).run(script)
            if len(script.calls) > 1:
                self.backwards += 1
                outcomes[1] = Outcome(failure=Failure("timeout", "10 s are over"))
            return outcomes

    runner = Hanging()
    forward, backward = examine(questions, runner)
    assert (forward.score, backward.status, runner.backwards) == (1, "timeout", 1)


def test_what_is_not_written_is_asked_once_whatever_else_is_written(questions):
    class Counting(LocalRunner):
        asked: list[str]

        def run(self, script, ahead=()):
            self.asked += [call.function for call in script.calls]
            return super().run(script)

    def unwritten(*_):
        raise NotImplementedError

    cases = sum(len(question.expectations) for question in questions)
    for answers, forwards, backwards in (
        ({"scale_forward": unwritten, "scale_backward": unwritten}, 1, 1),
        ({"scale_forward": unwritten}, 1, 1),
        ({"scale_backward": unwritten}, cases, 1),
    ):
        runner = Counting({**GLOBALS, **answers})
        runner.asked = []
        results = examine(questions, runner)
        assert [runner.asked.count(f"scale_{p}") for p in ("forward", "backward")] == [
            forwards,
            backwards,
        ]
        assert [r.score for r in results] == [forwards > 1, 0]
        assert not any(r.status == "right" for r in results if not r.score)


def test_an_empty_dict_is_no_other_output():
    """What was not asked for in a case is empty there, and no answer is taken for it."""
    assert not general._as_full({}, {"data": 1.0})
    assert not general._as_full({"data": 1.0}, {"data": 1.0, "a.grad": 2.0})
    assert general._as_full({"data": 1.0}, {"data": 1.0}) and general._as_full(1.0, 1.0)


def test_of_released_gradients_only_those_are_measured_that_their_forward_does_not_confirm():
    def forward(x, w):  # a mistake: w plays no part, so that nothing can confirm its gradient
        return np.sin(x), None

    points = {"backward": 1}
    layer = Layer(forward, "backward", inputs={"x": "N D", "w": "D"}, points=points)
    x, w, dout = np.arange(6.0).reshape(2, 3), np.ones(3), np.arange(1.0, 7.0).reshape(2, 3)
    case = Case("plain", 1, {"x": x, "w": w}, (dout,))
    right = {"dx": dout * np.cos(x), "dw": np.zeros(3)}
    outputs = {layer.backward: {name: Expected(value) for name, value in right.items()}}
    runner = LocalRunner({layer.forward: forward})
    measure = Measure(layer, Expectation(case, ((2, 3),), outputs), runner, "w_unused")
    for damaged in ((), ("dw",), ("dx",), ("dx", "dw")):
        claimed = {name: value + (name in damaged) for name, value in right.items()}
        found = measure.checked(claimed)
        assert (found["dx"] is claimed["dx"]) == ("dx" not in damaged)
        assert all(np.allclose(found[name], right[name], atol=1e-9) for name in right)
