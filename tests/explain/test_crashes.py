"""Two functions that crash in the same way need not make the same mistake."""

import numpy as np
import pytest

from autograder.exercises import Function, edit
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from autograder.explain.known import mistake_of


def halve(x):
    return x / 2


def quarter(x):
    return halve(halve(x))


GLOBALS = {"np": np, "halve": halve, "quarter": quarter}


def crashing(error):
    def crashed(x):
        raise error("no")

    return LocalRunner({**GLOBALS, "quarter": crashed})


@pytest.mark.parametrize(
    ("function", "error", "names"),
    [
        ("quarter", EOFError, {"made"}),
        ("quarter", ValueError, set()),  # any slip may raise it
        ("quarter", np.exceptions.AxisError, set()),
        ("halve", EOFError, set()),  # of a function that it calls
    ],
)
def test_a_crash_alone_names_only_what_few_mistakes_raise(function, error, names):
    made = edit(function, "x", "crash", name="made", says="made")
    own = [made] if function == "quarter" else []
    asked = Function(quarter, inputs={"x": "N D"}, outputs=["out"], points=1, mistakes=own)
    known = {made: crashing(error)}
    question = prepare(asked, reference=LocalRunner(GLOBALS), mistaken=known, hidden=False)
    (result,) = examine([question], crashing(error))
    assert result.score == 0
    assert mistake_of(result) == names
