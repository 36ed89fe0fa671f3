"""Verdicts of every sort, written by hand: what the rendering tests and golden files show."""

import numpy as np

from autograder.checks.finding import Finding, RowResult
from autograder.feedback.heatmap import Grid
from autograder.feedback.problems import Coverage
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
    wrong = tuple(
        Finding(
            "gradient",
            "db",
            "db is off by 0.75 (relative) in 5 of 6 entries at db[3]: got 0.5125, expected 2.05",
            case=case,
            mistake="db_averaged",
            advice="db is averaged over the batch; it is a sum: b is used once per example.",
            error=0.75,
            index=(3,),
            got=0.5125,
            expected=2.05,
        )
        for case in CASES
        if case != "a batch of one"
    )
    outputs = {"dx": True, "dw": True, "db": False}
    return RowResult("affine_backward", 10 / 3, 5.0, "partial", outputs, wrong, hints=HINTS)


def wrong() -> RowResult:
    """A wrong shape, a wrong column, and a warning that costs nothing."""
    findings = (
        Finding(
            "contract",
            "dx",
            "dx has shape (5, 12); expected (5, 4, 3), the shape of x. Is a reshape missing?",
            case="plain",
        ),
        Finding("gradient", "dw", "dw is off by 0.21 (relative)", case="plain", error=0.21,
                index=(3, 1), got=-4.0, expected=11.0),
        Finding("gradient", "dw", "dw is off by 0.3 (relative)", case="other sizes", error=0.3,
                index=(0, 1), got=1.0, expected=2.5),
        Finding("inputs unchanged", None, "affine_backward changes dout in place; "
                "whoever called it may still need dout", severity="warning", case="plain"),
    )  # fmt: skip
    outputs = {"dx": False, "dw": False, "db": False}
    return RowResult("affine_backward", 0.0, 5.0, "wrong", outputs, findings, hints=HINTS)


def raised() -> RowResult:
    """The student's code raises; its message tries to be markup."""
    finding = Finding(
        "failure:exception",
        None,
        "affine_backward raised ValueError: <script>alert('x')</script> & \x1b[31mred $x$",
        case="plain",
        traceback=(
            "affine_backward, line 4: dw = x.dot(dout)",
            "flatten, line 2: return x.reshape(<b>, -1)",
        ),
    )
    outputs = {"dx": False, "dw": False, "db": False}
    return RowResult("affine_backward", 0.0, 5.0, "error", outputs, (finding,), hints=HINTS)


def right() -> RowResult:
    """All of it holds."""
    return RowResult("relu_forward", 2.0, 2.0, "right", {"out": True}, hints=HINTS)


def unanswered() -> RowResult:
    """The starter as it was handed out."""
    finding = Finding(
        "failure:unanswered",
        None,
        "relu_backward is not written yet",
        case="plain",
        traceback=("relu_backward, line 9: raise NotImplementedError",),
    )
    return RowResult(
        "relu_backward", 0.0, 3.0, "unanswered", {"dx": False}, (finding,), hints=HINTS
    )


def hidden() -> RowResult:
    """Right on the public cases, wrong on hidden ones."""
    findings = tuple(
        Finding("gradient", "dx", "dx is off by 0.02 (relative)", case=case, hidden=True,
                error=0.02, index=(1, 2), got=123.456, expected=654.321,
                traceback=("tanh_backward, line 3: secret_line",))
        for case in ("plain", "large values")
    )  # fmt: skip
    return RowResult("tanh_backward", 0.0, 3.0, "wrong", {"dx": False}, findings)


def followed() -> RowResult:
    """Keeps its points although the row below it is wrong."""
    says = "rnn_backward is wrong only because rnn_step_backward, which it calls, is"
    note = Finding("follow-through", None, f"{says}; the points are kept", "warning", passed=True,
                   mistake="wh_not_turned", advice="Wh goes in as it is; turn it.")  # fmt: skip
    spilt = Finding("gradient", "dx", "dx is off by 0.5 (relative)", "warning", case="plain")
    outputs = {"dx": True, "dh0": True}
    return RowResult("rnn_backward", 8.0, 8.0, "right", outputs, (note, spilt), follow_through=True)


def recorded_answer() -> RowResult:
    """An answer of the right form; its value is not known to the student's side."""
    return recorded(RowResult("answer_zero", 1.0, 1.0, "right", {"answer_zero": True}))


def wrong_form() -> RowResult:
    """An answer of the wrong form."""
    finding = Finding("form", "answer_zero", "answer_zero is a str; expected a whole number")
    return RowResult("answer_zero", 0.0, 1.0, "wrong", {"answer_zero": False}, (finding,))


def not_finite() -> RowResult:
    """NaN in an output: the troubleshooting page goes further."""
    finding = Finding("finite", "loss", "loss has nan in 1 of 1 entries", case="large values",
                      index=(), got=float("nan"), expected=2.302585)  # fmt: skip
    return RowResult("softmax_loss", 2.0, 4.0, "partial", {"loss": False, "dx": True}, (finding,))


def manual() -> RowResult:
    """A text that a person grades."""
    return RowResult("explain_upstream", 0.0, 3.0, "manual", {})


def notebook() -> list[RowResult]:
    """A notebook of them all."""
    return [right(), unanswered(), partial(), raised(), hidden(), followed(), not_finite(),
            manual(), recorded_answer()]  # fmt: skip
