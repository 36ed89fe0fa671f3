"""Name a student's mistake: the one known mistake whose outputs the student's equal everywhere.

A name is given only when it is the only one that fits; a wrong name is worse than none.
"""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import numpy as np

from autograder.checks.finding import Explanation, RowResult, Source
from autograder.checks.trial import Trial
from autograder.exercises.arrays import as_array
from autograder.explain.bank import Key, Known, agree, prints_of
from autograder.explain.question import Asked, Explained, Outputs

ROW = ""
NEVER_RAN = ("unanswered", "missing", "skipped", "unstarted")
ANY_SLIP = (
    *("ValueError", "TypeError", "IndexError", "KeyError", "AttributeError", "AxisError"),
    *("NameError", "UnboundLocalError", "AssertionError", "ZeroDivisionError", "LinAlgError"),
)
"""What a hundred different mistakes raise: where nothing else agrees, it tells none of them."""


def known_mistake(result: RowResult, asked: Asked, outputs: Outputs) -> Explained:
    """The known mistake of each output (None: of the whole row), where exactly one fits."""
    seen = [trial.observed[result.id] for trial in asked.trials if result.id in trial.observed]
    if all(one.failure is not None and one.failure.kind in NEVER_RAN for one in seen):
        return {}  # no mistake gives nothing
    wanted = [name for name in (*result.outputs, ROW) if (name or None) in outputs]
    fitting = {name: _fitting(result.id, name, asked) for name in wanted}
    whole = _explaining_all(result, asked, fitting)
    for name in fitting.keys() - {ROW}:
        if _is_zero(result.id, name, asked.trials):  # many mistakes give zero: it tells nothing
            fitting[name] = {key: known for key, known in fitting[name].items() if key in whole}
    names = {name or None: _only(found, whole, result.id) for name, found in fitting.items()}
    return {
        name: Explanation(Source.KNOWN, known.name, known.says)
        for name, known in names.items()
        if known is not None
    }


def _explaining_all(
    result: RowResult, asked: Asked, fitting: Mapping[str, Mapping[Key, Known]]
) -> Set[Key]:
    """The mistakes that explain every output, the right ones too: they beat those of a part.

    Args:
        fitting: Those that fit some outputs; no others are looked at further.
    """
    whole: Set[Key] | None = None
    for name in sorted(result.outputs, key=lambda name: name not in fitting):
        here = fitting[name] if name in fitting else _fitting(result.id, name, asked, whole)
        whole = here.keys() if whole is None else whole & here.keys()
    return whole or set()


def by_case(result: RowResult, asked: Asked) -> RowResult:
    """The verdict, told by case where no one known mistake explains all that is wrong of an output.

    Two may share the cases; and where nothing comes back, or no number, something else is wrong.
    """
    findings = list(result.findings)
    for output in result.outputs:
        of = [n for n, f in enumerate(findings) if f.output == output and f.costs]
        if of and all(findings[n].explanation is None for n in of):
            told = _told_by_case(result.id, output, asked)
            for n in of:
                known = told.get((findings[n].case, findings[n].hidden))
                findings[n] = replace(findings[n], explanation=known)
    return result.with_findings(tuple(findings))


def _told_by_case(row: str, output: str, asked: Asked) -> dict[tuple[str, bool], Explanation]:
    """Case, and whether it is hidden -> the known mistake of the row that an output equals there.

    Nothing where several would do; of two each is alone in two cases or more.
    """
    judged = [trial for trial in asked.on(row, output) if not trial.case.tie]
    trials = [trial for trial in judged if not _is_broken(row, output, trial)]
    wrong = [_wrong_plainly(row, output, trial) for trial in trials]
    if not any(wrong) or _is_zero(row, output, trials):
        return {}

    def is_told(key: Key, trial: Trial) -> bool:
        known = asked.find(key, trial)
        return known is not None and fits(known, row, output, trial)

    def told_in(key: Key, must: Sequence[bool]) -> list[bool] | None:
        """In which trials a mistake is told; None where it is not in one where it must be."""
        seen = []
        for trial, needed in zip(trials, must, strict=True):
            seen.append(is_told(key, trial))
            if needed and not seen[-1]:
                return None  # in order, and no further: of most mistakes no more was run
        return seen

    # What is right both give, and one of the two is told in the first: those that share the cases.
    own = [key for key in asked.known(trials[0].hidden) if key[0] == row]
    must = [True, *(not is_wrong for is_wrong in wrong[1:])]
    fit = {key: seen for key in own if (seen := told_in(key, must)) is not None}
    if fit and wrong[0]:
        alike = list(zip(*fit.values(), strict=True))
        must = [not is_wrong or not any(of) for is_wrong, of in zip(wrong, alike, strict=True)]
        both = {key: fit.get(key) or told_in(key, must) for key in own}
        fit = {key: seen for key, seen in both.items() if seen is not None}
    chosen: list[tuple[Key, ...]] = [
        (key,) for key, fitting in fit.items() if len(trials) < len(judged) and all(fitting)
    ]
    for one, other in itertools.combinations(fit, 2) if not chosen else ():
        cases = list(zip(fit[one], fit[other], wrong, strict=True))
        alone = Counter(a for a, b, is_wrong in cases if is_wrong and a != b)
        if min(alone[True], alone[False]) > 1 and all(
            (a or b) if is_wrong else (a and b) for a, b, is_wrong in cases
        ):
            chosen.append((one, other))
    if len(chosen) != 1:
        return {}
    told = {}
    for n, trial in enumerate(trials):
        known = asked.find(next(key for key in chosen[0] if fit[key][n]), trial)
        if wrong[n] and known is not None:
            case = trial.case.name, trial.hidden
            told[case] = Explanation(Source.KNOWN, known.name, known.says)
    return told


def _is_broken(row: str, output: str, trial: Trial) -> bool:
    """Whether nothing came back, or something that is no number where a number belongs."""
    seen, expected = trial.observed[row].outputs, trial.expectation.outputs.get(row, {})
    if seen is None or output not in expected:
        return True
    found = trial.wrong(row, output)
    return found is not None and found.kind == "finite"


def mistake_of(result: RowResult) -> set[str]:
    """The names of the mistakes and slips that a row was found to equal."""
    return {finding.mistake for finding in result.findings if finding.mistake}


def known_names(result: RowResult) -> set[str]:
    """The same, of the bank only: what follow-through may stand on."""
    found = (finding.explanation for finding in result.findings)
    return {told.name for told in found if told is not None and told.source is Source.KNOWN}


def fits(known: Known, row: str, output: str, trial: Trial) -> bool:
    """Whether the student's output in this trial is what the mistake gives."""
    want = known.prints.get(trial.case.name, {}).get(row)
    seen = trial.observed.get(row)
    if seen is None or want is None:
        return seen is None and want is None
    have = _prints(trial)[row]
    expected = trial.expectation.outputs.get(row, {}).get(output)
    room = (expected.slack, expected.scale) if expected else ()
    if output not in have or output not in want:
        return have.get(ROW) is not None and have.get(ROW) == want.get(ROW)
    return agree(have[output], want[output], *room)


def _prints(trial: Trial) -> dict[str, dict[str, Any]]:
    """The fingerprints of what was observed; made once, and compared with many mistakes."""
    if not trial.prints:
        trial.prints.update(prints_of(trial.observed))
    return trial.prints


def small_slip(result: RowResult, asked: Asked) -> RowResult:
    """Leave a row its share where all that fails is one mistake that keeps a share."""
    names = {finding.mistake for finding in result.findings if finding.costs}
    if len(names) != 1 or not (name := names.pop()):
        return result
    sides = (asked.known(question.hidden) for question in asked.questions)
    made = next((bank[result.id, name] for bank in sides if (result.id, name) in bank), None)
    if made is None or not made.keeps:
        return result
    return replace(result, score=result.points * made.keeps, status="partial")


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


def _fitting(
    row: str, output: str, asked: Asked, among: Set[Key] | None = None
) -> dict[Key, Known]:
    """The known mistakes (of these, or of all) that give what the function gave, in every trial."""
    relevant = asked.on(row, output)
    if not relevant:
        return {}
    bank = asked.known(relevant[0].hidden)
    ties_tell = not any(_wrong_plainly(row, output, trial) for trial in relevant)
    found: dict[Key, Known] = {}
    for key, known in bank.items():
        if (
            (among is None or key in among)
            and all(
                (here := asked.find(key, trial)) is not None
                and _fits_or_right(here, row, output, trial, ties_tell)
                for trial in relevant  # in order: of most mistakes no more was run than the first
            )
            and _beyond_crashes(key, row, asked, relevant)
            and _shows_in_its_own(key, row, asked)
        ):
            found[key] = known
    return found


def _beyond_crashes(key: Key, row: str, asked: Asked, relevant: Sequence[Trial]) -> bool:
    """Whether more than crashes agree, or one that few mistakes of this very function raise."""
    for trial in relevant:
        known = asked.find(key, trial)
        want = known.prints.get(trial.case.name, {}).get(row) if known else None
        alike = want is not None and (ROW in want) == (ROW in _prints(trial)[row])
        failure = trial.observed[row].failure
        rare = failure is not None and failure.type_name not in ANY_SLIP
        if alike and (failure is None or (key[0] == row and rare)):
            return True
    return False


def _shows_in_its_own(key: Key, row: str, asked: Asked) -> bool:
    """Whether the function in which the mistake would be gives what the mistake makes it give."""
    own = key[0]
    return own == row or all(
        fits(known, own, output, trial)
        for trial in asked.trials
        if own in trial.observed and not trial.case.tie
        for known in (asked.find(key, trial),)
        if known is not None
        for output in trial.expectation.outputs.get(own, {})
    )


def _only(fitting: Mapping[Key, Known], whole: Set[Key], row: str) -> Known | None:
    """The one mistake that fits; where several do, those of the row's own function come first."""
    for chosen in (whole & fitting.keys(), fitting.keys()):
        own = [key for key in chosen if key[0] == row] or list(chosen)
        if len(own) == 1:
            return fitting[own[0]]
    return None


def _wrong_plainly(row: str, output: str, trial: Trial) -> bool:
    """Whether an output (or the form of what was returned) is wrong away from ties."""
    seen, expected = trial.observed[row].outputs, trial.expectation.outputs.get(row, {})
    if trial.case.tie or output not in expected:
        return output == ROW
    return seen is None or trial.wrong(row, output) is not None


def _fits_or_right(known: Known, row: str, output: str, trial: Trial, ties_tell: bool) -> bool:
    """At a tie a mistake may give any of several right values, so plain cases must agree.

    What is wrong at ties alone is told by them: there the outputs are judged together.
    """
    if trial.case.tie:
        together = trial.expectation.outputs.get(row, {})
        return not ties_tell or all(fits(known, row, name, trial) for name in {output, *together})
    if fits(known, row, output, trial):
        return True
    return output == ROW and row in trial.observed and trial.observed[row].outputs is not None
