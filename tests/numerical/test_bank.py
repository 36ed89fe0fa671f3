"""A sample of the tuning bank: no right backward fails, no wrong one passes, few stay open."""

from collections import Counter

import pytest

from autograder.numerical import check_backward
from benchmarks.gradcheck.cases import cases
from benchmarks.gradcheck.tuning_bank import GENERAL, OPERATIONS


@pytest.mark.parametrize("regime", ["plain", "near kinks", "saturated", "tiny variance", "float32"])
def test_verdicts_on_the_tuning_bank(regime):
    general = [o for o in OPERATIONS if o.regimes is None]
    counts = Counter()
    for n, case in enumerate(cases(general, GENERAL, [regime], [1001])):
        if n % 2 == 0 or case.right:
            report = check_backward(case.forward, case.backward, case.arrays, seed=n)
            counts[case.right, report.verdict] += 1
            assert report.verdict != ("fail" if case.right else "pass"), (case, report)
    assert counts[True, "inconclusive"] <= 1
    assert counts[False, "inconclusive"] <= 2
    assert counts[True, "pass"] >= 7
    assert counts[False, "fail"] >= 30
