"""A third of the benchmark's bank: no right backward fails, no wrong one passes, few stay open."""

from collections import Counter

import pytest

from autograder.numerical import check_backward
from benchmarks.gradcheck.bank import GENERAL, OPERATIONS
from benchmarks.gradcheck.cases import REGIMES, cases


@pytest.mark.parametrize("regime", [*REGIMES, "long rnn"])
def test_verdicts_on_the_bank(regime):
    chosen = [o for o in OPERATIONS if (o.regimes is None) == (regime != "long rnn")]
    counts = Counter()
    for n, case in enumerate(cases(chosen, GENERAL, [regime], [31])):
        if n % 3 == 0 or case.right:
            report = check_backward(case.forward, case.backward, case.arrays, seed=n)
            counts[case.right, report.verdict] += 1
            assert report.verdict != ("fail" if case.right else "pass"), (case, report)
    assert counts[True, "inconclusive"] == 0 and counts[True, "pass"] >= 4
    assert counts[False, "inconclusive"] <= 1 and counts[False, "fail"] >= 15
