"""The explanations, in the order in which they are tried; the first that fits an output wins.

From the particular to the general, because the more particular one says more:

1. a *known mistake* of the exercise: somebody wrote down what it is and what to do about it;
2. a *general slip*: exactly the negative, the transpose, 1/N of the right value …;
3. a *derived slip*: the numbers are those of a small slip in the reference; its kind is known;
4. *another value*: an input as it came in, or what another function of the exercise returns;
   the formula of the deviation that random weights have;
5. *by itself*: what an exception, a wrong shape, a repetition says to whoever can read it.

Afterwards, and only where there is time, a *single repair* of the student's own code (`repair/`)
adds the line to an explanation, or is one where there is none. It runs code anew, so whoever asked
the questions calls it last: `check` in the kernel, the grader when all grades are on file.

Beside them stand two things that are true of a whole backward pass, whatever its outputs look like:
the *first wrong stage*, and whether it is right for the student's *own forward*. None of all this
changes a score; what follow-through may change stands apart, in `follow.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from autograder.checks.finding import Finding, RowResult, Source
from autograder.explain.backward import first_wrong_stage, own_forward
from autograder.explain.derived import derived_slip
from autograder.explain.general import another_value, general_slip, other_spread
from autograder.explain.itself import by_itself
from autograder.explain.known import known_mistake
from autograder.explain.question import Asked, Explained, Outputs

OfOutputs = Callable[[RowResult, Asked, Outputs], Explained]
"""The verdict, what was asked, outputs without an explanation (None: the whole row) -> theirs."""

OfRow = Callable[[RowResult, Asked], Finding | None]

OF_OUTPUTS: tuple[OfOutputs, ...] = (
    known_mistake, general_slip, derived_slip, another_value, other_spread, by_itself,
)  # fmt: skip
OF_ROWS: tuple[OfRow, ...] = (first_wrong_stage, own_forward)


def explained(
    result: RowResult, asked: Asked, explanations: Sequence[OfOutputs] = OF_OUTPUTS
) -> RowResult:
    """The verdict, with an explanation for every output that has one."""
    for explain in explanations:
        left = {f.output for f in result.findings if f.costs and _is_open(f, explain)}
        if not left:
            break
        found = explain(result, asked, left)
        result = result.with_findings(
            tuple(
                replace(f, explanation=told)
                if f.costs and (told := found.get(f.output)) and _is_open(f, explain)
                else f
                for f in result.findings
            )
        )
    return result


def noted(result: RowResult, asked: Asked) -> RowResult:
    """The verdict, with what is true of the whole row where it is not right."""
    if not any(finding.costs for finding in result.findings):
        return result
    notes = [note for explain in OF_ROWS if (note := explain(result, asked)) is not None]
    return result.with_findings((*result.findings, *notes))


def _is_open(finding: Finding, explain: OfOutputs) -> bool:
    """Whether nothing is known of it yet; a known mistake says more than the check itself."""
    told = finding.explanation
    return told is None or (explain is known_mistake and told.source is Source.CHECK)
