"""Verdicts of every sort, written by hand: what the rendering tests and golden files show."""

from dataclasses import replace

import numpy as np

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.checks.verdict import discreet
from autograder.exercises.fact import fact
from autograder.exercises.script import Failure
from autograder.feedback import Coverage, as_html, as_text, card
from autograder.feedback.heatmap import Grid
from autograder.feedback.story import recorded

HINTS = (
    "Every entry of b is added to every example: along how many paths does it reach the loss?",
    "Look at the axis along which the contributions of the examples come together.",
    "Sum dout over its first axis, and leave that axis out of the result.",
)
CASES = ("plain", "other sizes", "a batch of one", "square shapes", "non-contiguous",
         "large values", "small values", "the first case again")  # fmt: skip
COVERAGE = Coverage(CASES)

_want = np.arange(1.0, 13.0).reshape(4, 3)
_got = _want.copy()
_got[:, 1] = [0.5, 3.0, 9.0, -4.0]
COLUMN = Grid("dw", "plain", _got, _want)


def partial() -> RowResult:
    """One output of three equals a known mistake in some cases."""
    averaged = Explanation(
        Source.KNOWN,
        "db_averaged",
        "db is averaged over the batch; it is a sum: b is used once per example.",
    )
    off = Difference("value", (), 0.5125, 2.05, 0.75, (3,), (5, 6))
    wrong = tuple(
        Finding(Check.GRADIENT, "db", case, difference=off, explanation=averaged)
        for case in CASES
        if case != "a batch of one"
    )
    outputs = {"dx": True, "dw": True, "db": False}
    return RowResult("affine_backward", 10 / 3, 5.0, "partial", outputs, wrong, hints=HINTS)


def wrong() -> RowResult:
    """A wrong shape, a wrong column, two more outputs, a stage, and a warning for nothing."""
    shape = Difference("shape", (), (5, 12), (5, 4, 3), shape_of="x")
    reshape = Explanation(Source.CHECK, fact=fact("shape.reshape"))
    dw = Difference("value", (), -4.0, 11.0, 0.21, (3, 1))
    again = Difference("value", (), 1.0, 2.5, 0.3, (0, 1))
    stage = fact("stage.after", row="affine_backward", stage="dz", right=["da"])
    changed = fact("inputs.changed", row="affine_backward", names=["dout"])
    minus = Explanation(Source.LIKE, "sign", fact=fact("like.sign"))
    findings = (
        Finding(Check.CONTRACT, "dx", "plain", difference=shape, explanation=reshape),
        Finding(Check.GRADIENT, "dw", "plain", difference=dw),
        Finding(Check.GRADIENT, "dw", "other sizes", difference=again),
        Finding(Check.GRADIENT, "db", "plain", difference=dw, explanation=minus),
        Finding(Check.STAGE, case="plain", severity="warning", fact=stage,
                difference=replace(dw, index=(0, 2))),
        Finding(Check.UNCHANGED, case="plain", severity="warning", fact=changed),
    )  # fmt: skip
    outputs = {"dx": False, "dw": False, "db": False}
    return RowResult("affine_backward", 0.0, 5.0, "wrong", outputs, findings, hints=HINTS)


def raised() -> RowResult:
    """The student's code raises; its message tries to be markup."""
    failure = Failure(
        "exception",
        "<script>alert('x')</script> & \x1b[31mred $x$",
        "ValueError",
        ("affine_backward, line 4: dw = x.dot(dout)", "flatten, line 2: return x.reshape(<b>, -1)"),
    )
    finding = Finding(Check.FAILURE, case="plain", failure=failure)
    outputs = {"dx": False, "dw": False, "db": False}
    return RowResult("affine_backward", 0.0, 5.0, "error", outputs, (finding,), hints=HINTS)


def right() -> RowResult:
    """All of it holds."""
    return RowResult("relu_forward", 2.0, 2.0, "right", {"out": True}, hints=HINTS)


def unanswered() -> RowResult:
    """The starter as it was handed out."""
    trace = ("relu_backward, line 9: raise NotImplementedError",)
    failure = Failure("unanswered", "", "NotImplementedError", trace)
    finding = Finding(Check.FAILURE, case="plain", failure=failure)
    return RowResult(
        "relu_backward", 0.0, 3.0, "unanswered", {"dx": False}, (finding,), hints=HINTS
    )


def hidden() -> RowResult:
    """Right on the public cases, wrong on hidden ones."""
    off = Difference("value", (), 123.456, 654.321, 0.02, (1, 2))
    findings = tuple(
        Finding(Check.GRADIENT, "dx", case, hidden=True, difference=off)
        for case in ("plain", "large values")
    )
    return discreet(RowResult("tanh_backward", 0.0, 3.0, "wrong", {"dx": False}, findings))


def followed() -> RowResult:
    """Keeps its points although the row below it is wrong."""
    kept = fact("follow.calls", row="rnn_backward", names=["rnn_step_backward"])
    told = Explanation(Source.KNOWN, "wh_not_turned", "Wh goes in as it is; turn it.")
    note = Finding(Check.FOLLOW_THROUGH, severity="warning", passed=True, fact=kept,
                   explanation=told)  # fmt: skip
    off = Difference("value", error=0.5, got=1.0, expected=2.0, index=())
    spilt = Finding(Check.GRADIENT, "dx", "plain", severity="warning", difference=off)
    outputs = {"dx": True, "dh0": True}
    return RowResult("rnn_backward", 8.0, 8.0, "right", outputs, (note, spilt), follow_through=True)


def recorded_answer() -> RowResult:
    """An answer of the right form; its value is not known to the student's side."""
    return recorded(RowResult("answer_zero", 1.0, 1.0, "right", {"answer_zero": True}))


def wrong_form() -> RowResult:
    """An answer of the wrong form."""
    got = fact("answer.integer", name="answer_zero", got="'none'", choices=[])
    finding = Finding(Check.FORM, "answer_zero", fact=got)
    return RowResult("answer_zero", 0.0, 1.0, "wrong", {"answer_zero": False}, (finding,))


def not_finite() -> RowResult:
    """NaN in an output: the troubleshooting page goes further."""
    wrong = Difference("finite", (), "nan", 2.302585, None, (), (1, 1))
    finding = Finding(Check.FINITE, "loss", "large values", difference=wrong)
    return RowResult("softmax_loss", 2.0, 4.0, "partial", {"loss": False, "dx": True}, (finding,))


def manual() -> RowResult:
    """A text that a person grades."""
    return RowResult("explain_upstream", 0.0, 3.0, "manual", {})


def notebook() -> list[RowResult]:
    """A notebook of them all."""
    return [right(), unanswered(), partial(), raised(), hidden(), followed(), not_finite(),
            manual(), recorded_answer()]  # fmt: skip


def render_text(result, **what):
    """The card of a verdict as text; `what` is for `card`."""
    return as_text(card(result, **what))


def render_html(result, **what):
    """The same as HTML."""
    return as_html(card(result, **what))
