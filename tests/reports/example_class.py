"""A small class whose results never change: every status, and names and messages that attack."""

from pathlib import Path

from msgspec.structs import replace

from autograder.checks.compare import Difference
from autograder.checks.finding import Check, Explanation, Finding, RowResult, Source
from autograder.exercises.fact import fact
from autograder.exercises.script import Failure
from autograder.grading.result import Result, ResultFinding, ResultRow, from_row
from autograder.grading.store import Store
from autograder.integrations.classbook import ClassBook, Hand, HandScores, Person
from autograder.integrations.read_class import find_results

LAYERS, RNN = "02_layers", "06_rnn"
MARKUP = "<script>alert(1)</script>"
TURNED = "eve\u202egnp.exe"
FORMULA = "=HYPERLINK(1)"
TERMINAL = "\x1b[31mred\x1b[0m <b>bold</b> \u202edlof"


def finding(check: Check, output: str | None = None, **more: object) -> ResultFinding:
    found = Finding(check, output, **more)  # type: ignore[arg-type]
    return from_row(RowResult("affine_backward", 0.0, 1.0, "wrong", {}, (found,))).findings[0]


AVERAGED = finding(
    Check.GRADIENT,
    "db",
    case="plain",
    difference=Difference("value", (), -0.772, -3.86, 0.8, (4,)),
    explanation=Explanation(
        Source.KNOWN,
        "db_averaged",
        "db is averaged over the batch; it is a sum: every example uses the same bias.",
    ),
)
RAISED = finding(
    Check.FAILURE,
    failure=Failure(
        "exception",
        TERMINAL,
        "ValueError",
        (f"affine_forward, line 3: raise ValueError({TERMINAL!r})",),
    ),
)
DIFFERS = finding(
    Check.DIFFERENCING,
    severity="warning",
    fact=fact("differencing.seems", row="affine_backward", input="x"),
)
HUNG = finding(Check.FAILURE, failure=Failure("timeout", "10 s are over"))
UNWRITTEN = finding(Check.FAILURE, failure=Failure("unanswered", "", "NotImplementedError"))


MISPLACED = finding(
    Check.LOOK,
    severity="warning",
    passed=True,
    fact=fact("written.not_code", cell="cell 4", name="affine_forward", kind="markdown"),
)


def row(id: str, status: str, score: float, points: float, *findings: ResultFinding) -> ResultRow:
    outputs = {"out": status == "right"} if id.endswith("forward") else {}
    if id.endswith("backward"):
        outputs = {"dx": score > 0, "dw": score > 0, "db": status == "right"}
    return ResultRow(id, score, points, status, False, findings, outputs)  # type: ignore[arg-type]


def rows(forward: ResultRow, backward: ResultRow) -> tuple[ResultRow, ...]:
    return forward, backward, row("explain_bias", "manual", 0.0, 2.0)


RIGHT = rows(
    row("affine_forward", "right", 2.0, 2.0),
    row("affine_backward", "right", 4.0, 4.0),
)
PARTIAL = rows(
    row("affine_forward", "right", 2.0, 2.0),
    row("affine_backward", "partial", 8 / 3, 4.0, AVERAGED),
)
BROKEN = rows(
    row("affine_forward", "error", 0.0, 2.0, RAISED),
    row("affine_backward", "timeout", 0.0, 4.0, HUNG),
)
EMPTY = rows(
    row("affine_forward", "unanswered", 0.0, 2.0, MISPLACED, UNWRITTEN),
    row("affine_backward", "unanswered", 0.0, 4.0, UNWRITTEN),
)
WARNED = rows(
    row("affine_forward", "right", 2.0, 2.0),
    row("affine_backward", "manual", 0.0, 4.0, DIFFERS),
)


def result(
    student: str,
    of: tuple[ResultRow, ...],
    status: str = "graded",
    *,
    assignment: str = LAYERS,
    isolation: str = "full",
    message: str = "",
) -> Result:
    if status != "graded" and status != "stale":  # as `without_answers` makes them
        why = finding(Check.SUBMISSION, fact=fact("submission", message=message))
        kind = "unanswered" if status == "missing" else "error"
        of = tuple(r if r.status == "manual" else row(r.id, kind, 0.0, r.points, why) for r in of)
    score = sum(r.score for r in of)
    return Result(
        1, student, assignment, status, score, 8.0, of, isolation, 0.05, "sha256:0", message  # type: ignore[arg-type]
    )  # fmt: skip


MISSING = "nothing was handed in: there is no 02_layers/layers.ipynb"
UNCLEAR = (
    "there is no 02_layers/layers.ipynb, but there is 02_layers/x.ipynb. "
    "If that is the notebook, grade it with --accept x.ipynb"
)
RESULTS = (
    result("ada", RIGHT),
    result("bob", PARTIAL),
    result("carl", PARTIAL),
    result("dora", EMPTY),
    result("Łukasz Żółć", WARNED),
    result(MARKUP.replace("/", "\u2215"), BROKEN),
    result(TURNED, BROKEN),
    result(FORMULA, RIGHT),
    result("frida", EMPTY, "unreadable", message="the file is not JSON: <i>line 1</i>"),
    result("gus", EMPTY, "missing", isolation="", message=MISSING),
    result("hal", EMPTY, "unclear", isolation="", message=UNCLEAR),
    result("ida", PARTIAL, "stale", message="the worker died"),
    result("jo", EMPTY, "failed", isolation="", message="the worker died"),
    result("kim", EMPTY, "unclear", isolation="", message="02_layers holds layers (1).ipynb only"),
    result("lee", EMPTY, "overload", isolation="", message="its lists are too long to compare"),
    replace(result("ada", RIGHT, assignment=RNN, isolation="none"), per_student=True),
)

HANDS = HandScores(
    rows={
        (LAYERS, "ada", "explain_bias"): Hand(manual=1.5),
        (LAYERS, "bob", "affine_backward"): Hand(auto=8 / 3, manual=4.0, extra=0.5, look=True),
        (LAYERS, "dora", "explain_bias"): Hand(auto=0.0),
    },
    penalties={(LAYERS, "carl"): 1.0},
    people={"ada": Person("ada", "Ada", "Lovelace", "ada@example.org", "4711")},
    comments={
        (LAYERS, "ada"): {"explain_bias": "A number is missing.", "flatten_code": "Neat."},
        (LAYERS, "bob"): {"affine_backward_code": f"Good idea. {MARKUP}\nSee chapter 2."},
    },
)


def keep(folder: Path) -> Path:
    """Write the results where `autograder grade` would."""
    store = Store(folder / "results")
    for one in RESULTS:
        store.put(one)
    return folder / "results"


def book(folder: Path) -> ClassBook:
    """The class with what people decided."""
    return find_results(keep(folder)).book(HANDS)
