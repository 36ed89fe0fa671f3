"""Keeping what a student's function returned, for the pictures of where it is wrong."""

from __future__ import annotations

from autograder.checks.finding import RowResult
from autograder.explain import Question
from autograder.exercises.script import Outcome, Runner, Script
from autograder.feedback.heatmap import Grid, grid


class Recorder:
    """A runner that remembers the first outcomes of every case, by the seed of its script."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.outcomes: dict[int, list[Outcome]] = {}

    def run(self, script: Script) -> list[Outcome]:
        outcomes = self.runner.run(script)
        self.outcomes.setdefault(script.seed, outcomes)
        return outcomes

    def forget(self) -> None:
        """Start again: the cases are about to be run a second time."""
        self.outcomes.clear()

    def grids(self, question: Question, result: RowResult) -> list[Grid]:
        """The wrong outputs of a row beside what was expected, in the case that is told first."""
        told: dict[str, str] = {}
        for finding in result.findings:
            wrong = finding.difference
            if finding.costs and finding.output and wrong is not None and wrong.kind == "value":
                told.setdefault(finding.output, finding.case)
        found = []
        for expectation in question.expectations:
            case = expectation.case
            outcomes = self.outcomes.get(case.seed)
            if outcomes is None or case.name not in told.values():
                continue
            seen = question.exercise.observe(case, outcomes).get(result.id)
            if seen is None or seen.outputs is None:
                continue
            for output, expected in expectation.outputs.get(result.id, {}).items():
                if told.get(output) == case.name:
                    found.append(grid(output, case.name, seen.outputs[output], expected.value))
        return [one for one in found if one is not None]
