"""Feedback on a hidden case quotes nothing that student code can choose by what it was given."""

import numpy as np
import pytest


def throw(error):
    raise error


def named_after(x):
    return type(f"TOLD {x[0, 0]}", (Exception,), {})


@pytest.mark.parametrize(
    "tell",
    [
        pytest.param(lambda x: throw(ValueError(f"TOLD {x}")), id="message"),
        pytest.param(lambda x: throw(named_after(x)), id="class"),
        pytest.param(lambda x: throw(SystemExit(f"TOLD {x}")), id="exit"),
        pytest.param(lambda x: throw(MemoryError(f"TOLD {x}")), id="memory"),
        pytest.param(lambda x: (named_after(x)(), x), id="object"),
        pytest.param(lambda x: (np.zeros(2, [(f"TOLD {x[0, 0]}", "f8")]), x), id="dtype"),
    ],
)
def test_what_a_hidden_case_holds_is_not_told(judged, tell):
    results = judged(scale_forward=lambda x, w: tell(x), scale_backward=lambda dout, cache: cache)
    found = [finding for result in results.values() for finding in result.findings]
    assert any("TOLD" in finding.message for finding in found if not finding.hidden)
    hidden = [finding for finding in found if finding.hidden and finding.costs]
    assert {finding.output for finding in hidden}
    assert not any("TOLD" in repr(finding) for finding in hidden)
