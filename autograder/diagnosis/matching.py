"""Name a student's mistake: the one known mistake whose outputs the student's equal everywhere.

A name is given only when it is the only one that fits; a wrong name is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.diagnosis.bank import Known, prints_of
from autograder.diagnosis.fingerprints import agree
from autograder.exercises.arrays import as_array

ROW = ""


def named(
    result: RowResult, trials: Sequence[Trial], banks: Sequence[Sequence[Known]]
) -> RowResult:
    """Put the name of the known mistake, where exactly one fits, on the findings of each output.

    Args:
        banks: The bank that belongs to each trial: the same mistakes, on that trial's cases.
    """
    if not any(finding.costs for finding in result.findings):
        return result
    fitting = {name: _fitting(result.id, name, trials, banks) for name in [ROW, *result.outputs]}
    # A mistake that explains every output, the right ones too, beats one that explains a part.
    whole = set.intersection(*(set(fitting[name]) for name in result.outputs))
    for name in result.outputs:
        if _is_zero(result.id, name, trials):  # many mistakes give zero: one output tells nothing
            fitting[name] = {key: known for key, known in fitting[name].items() if key in whole}
    names = {name: _only(found, whole, result.id) for name, found in fitting.items()}

    def label(finding: Finding) -> Finding:
        known = names.get(finding.output or ROW) if finding.costs else None
        if known is None or finding.mistake:
            return finding
        return replace(finding, mistake=known.name, advice=known.says)

    return result.with_findings(tuple(label(finding) for finding in result.findings))


def _is_zero(row: str, output: str, trials: Sequence[Trial]) -> bool:
    """Whether an output is zero everywhere, wherever it is judged."""
    values = [
        seen.outputs[output]
        for trial in trials
        if trial.case.judges(output)
        and (seen := trial.observed.get(row)) is not None
        and seen.outputs is not None
    ]
    arrays = [as_array(value) for value in values]
    return bool(arrays) and all(
        a is not None and a.dtype.kind in "biuf" and not np.any(a) for a in arrays
    )


def mistake_of(result: RowResult) -> set[str]:
    """The names of the known mistakes that a row was found to equal."""
    return {finding.mistake for finding in result.findings if finding.mistake}


def fits(known: Known, row: str, output: str, trial: Trial) -> bool:
    """Whether the student's output in this trial is what the mistake gives."""
    want = known.prints.get(trial.case.name, {}).get(row)
    seen = trial.observed.get(row)
    if seen is None or want is None:
        return seen is None and want is None
    have = _prints(trial)[row]
    expected = trial.expectation.outputs.get(row, {}).get(output)
    slack = expected.slack if expected else 0.0
    if output not in have or output not in want:
        return have.get(ROW) is not None and have.get(ROW) == want.get(ROW)
    return agree(have[output], want[output], slack)


Key = tuple[str, str]


_PRINTS: WeakKeyDictionary[Trial, dict[str, dict[str, Any]]] = WeakKeyDictionary()


def _prints(trial: Trial) -> dict[str, dict[str, Any]]:
    """The fingerprints of what was observed; made once, and compared with many mistakes."""
    if trial not in _PRINTS:
        _PRINTS[trial] = prints_of(trial.observed)
    return _PRINTS[trial]


def _fitting(
    row: str, output: str, trials: Sequence[Trial], banks: Sequence[Sequence[Known]]
) -> dict[Key, Known]:
    """The known mistakes that give what the student's function gave, in every trial."""
    relevant = [
        (trial, bank)
        for trial, bank in zip(trials, banks, strict=True)
        if trial.case.judges(output) and row in trial.observed
    ]
    found: dict[Key, Known] = {}
    for known in relevant[0][1] if relevant else ():
        key = (known.function, known.name)
        same = [_find(bank, key) for _, bank in relevant]
        if all(
            k is not None and _fits_or_right(k, row, output, trial)
            for k, (trial, _) in zip(same, relevant, strict=True)
        ) and (known.function == row or _beyond_crashes(key, row, relevant)):
            found[key] = known
    return found


def _beyond_crashes(key: Key, row: str, relevant: Sequence[tuple[Trial, Sequence[Known]]]) -> bool:
    """Whether more than crashes agree: any two look alike, so they name no mistake elsewhere."""
    for trial, bank in relevant:
        known = _find(bank, key)
        want = known.prints.get(trial.case.name, {}).get(row) if known else None
        alike = want is not None and (ROW in want) == (ROW in _prints(trial)[row])
        if alike and trial.observed[row].failure is None:
            return True
    return False


def _only(fitting: Mapping[Key, Known], whole: Set[Key], row: str) -> Known | None:
    """The one mistake that fits; where several do, those of the row's own function come first."""
    for chosen in (whole & fitting.keys(), fitting.keys()):
        own = [key for key in chosen if key[0] == row] or list(chosen)
        if len(own) == 1:
            return fitting[own[0]]
    return None


def _find(bank: Sequence[Known], key: Key) -> Known | None:
    return next((known for known in bank if (known.function, known.name) == key), None)


def _fits_or_right(known: Known, row: str, output: str, trial: Trial) -> bool:
    """At a tie a mistake may give any of several right values, so only plain cases must agree."""
    if trial.case.tie or fits(known, row, output, trial):
        return True
    return output == ROW and row in trial.observed and trial.observed[row].outputs is not None
