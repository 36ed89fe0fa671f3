"""Name a student's mistake: the one known mistake whose outputs the student's equal everywhere.

A name is given only when it is the only one that fits; a wrong name is worse than none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograder.checks.finding import Finding, RowResult
from autograder.checks.trial import Trial
from autograder.diagnosis.bank import Known, prints_of
from autograder.diagnosis.fingerprints import agree

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
    outputs = [name for name, earned in result.outputs.items() if not earned]
    names = {name: _match(result.id, name, trials, banks) for name in [ROW, *outputs]}

    def label(finding: Finding) -> Finding:
        known = names.get(finding.output or ROW) if finding.costs else None
        if known is None or finding.mistake:
            return finding
        return replace(finding, mistake=known.name, advice=known.says)

    return result.with_findings(tuple(label(finding) for finding in result.findings))


def mistake_of(result: RowResult) -> set[str]:
    """The names of the known mistakes that a row was found to equal."""
    return {finding.mistake for finding in result.findings if finding.mistake}


def fits(known: Known, row: str, output: str, trial: Trial) -> bool:
    """Whether the student's output in this trial is what the mistake gives."""
    want = known.prints.get(trial.case.name, {}).get(row)
    seen = trial.observed.get(row)
    if seen is None or want is None:
        return seen is None and want is None
    have = prints_of({row: seen})[row]
    expected = trial.expectation.outputs.get(row, {}).get(output)
    slack = expected.slack if expected else 0.0
    if output not in have or output not in want:
        return have.get(ROW) is not None and have.get(ROW) == want.get(ROW)
    return agree(have[output], want[output], slack)


def _match(
    row: str, output: str, trials: Sequence[Trial], banks: Sequence[Sequence[Known]]
) -> Known | None:
    relevant = [
        (trial, bank)
        for trial, bank in zip(trials, banks, strict=True)
        if trial.case.judges(output) and row in trial.observed
    ]
    if not relevant:
        return None
    fitting: dict[tuple[str, str], Known] = {}
    for known in relevant[0][1]:
        key = (known.function, known.name)
        same = [
            next((k for k in bank if (k.function, k.name) == key), None) for _, bank in relevant
        ]
        if all(
            k is not None and _fits_or_right(k, row, output, trial)
            for k, (trial, _) in zip(same, relevant, strict=True)
        ):
            fitting[key] = known
    own = {key: known for key, known in fitting.items() if known.function == row}
    chosen = own or fitting
    return next(iter(chosen.values())) if len(chosen) == 1 else None


def _fits_or_right(known: Known, row: str, output: str, trial: Trial) -> bool:
    """At a tie a mistake may give any of several right values, so only plain cases must agree."""
    if trial.case.tie or fits(known, row, output, trial):
        return True
    return output == ROW and row in trial.observed and trial.observed[row].outputs is not None
