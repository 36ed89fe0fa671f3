"""The kinds whose answer is not one function: `Module` (a class), `Answer` and `Text`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import attrs

from autograder.errors import DeclarationError
from autograder.exercises.cases import AGAIN, COUNTED, Case, elsewhere
from autograder.exercises.exercise import Draws, Exercise, Observed, Row, named, names_of
from autograder.exercises.kinds import generator, watched
from autograder.exercises.script import Call, Outcome, Ref, Script


def _steps_of(steps: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(step) for step in steps)


@attrs.frozen
class Module(Exercise):
    """A class, judged by what its methods return in a sequence of calls on one instance.

    Args:
        cls: The reference class.
        init: Names of the inputs that its constructor takes, in order.
        assign: Attribute -> name of the input that is assigned to it after construction.
        steps: The calls in order, each `(output, method, *names of inputs)`; a method written
            `".best"` reads the attribute; `"[0][1].fill"` is a method of a part of what the step
            before returned, and whether there is one is not judged. Steps with the same output
            name are judged together; what a step without a name (`""`) returns is not judged.
        fresh: Output -> attribute that the constructor draws: read before anything is assigned,
            and judged by its shapes and moments (of an array, or of each entry of a dict).
    """

    cls: str = attrs.field(converter=named)
    init: tuple[str, ...] = attrs.field(converter=names_of, kw_only=True)
    steps: tuple[tuple[str, ...], ...] = attrs.field(converter=_steps_of, kw_only=True)
    assign: dict[str, str] = attrs.field(factory=dict, kw_only=True)
    fresh: dict[str, str] = attrs.field(factory=dict, kw_only=True)

    scaled: ClassVar[bool] = False

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        steps = (name for step in self.steps for name in step[2:])
        for name in (*self.init, *self.assign.values(), *steps):
            if name not in self.inputs:
                raise DeclarationError(f"a step of {self.cls} uses {name!r}, which is no input")

    @property
    def rows(self) -> tuple[Row, ...]:
        judged = [step[0] for step in self.steps if step[0]]
        return (self.row_of(self.cls, tuple(dict.fromkeys([*judged, *self.fresh]))),)

    @property
    def drawn(self) -> frozenset[str]:
        return frozenset(self.fresh)

    def turns(self, output: str) -> int:
        return sum(step[0] == output for step in self.steps)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        value = case.inputs
        calls = [Call(self.cls, tuple(value[name] for name in self.init), hold="all")]
        for attribute in self.fresh.values():
            calls.append(Call(attribute, on=Ref(0), kind="read"))
        for attribute, name in self.assign.items():
            calls.append(Call(attribute, (value[name],), on=Ref(0), kind="assign"))
        steps = [_step(step, value, Ref(0)) for step in self.steps]
        if case.name in COUNTED:
            steps = [replace(step, count=step.kind == "call") for step in steps]
        if case.name == AGAIN:  # a second instance lives beside the first and takes its steps
            value = elsewhere(self.inputs, case)
            other = Ref(len(calls))
            calls.append(Call(self.cls, tuple(value[name] for name in self.init), hold="all"))
            beside = [_step(step, value, other) for step in self.steps]
            steps = [call for pair in zip(steps, beside, strict=True) for call in pair]
        elif self.fresh:
            steps += self._redrawn(case, len(calls) + len(steps))
        back = 2 if case.name == AGAIN else 1
        steps = [
            replace(c, on=Ref(i - back, c.on.path)) if c.on is not None and c.on.call < 0 else c
            for i, c in enumerate(steps, len(calls))
        ]
        return Script(case.seed, (*calls, *steps))

    def _redrawn(self, case: Case, start: int) -> list[Call]:
        """Two further instances, from the same generator and from another; then what they drew."""
        drawn = [tuple(generator(case.inputs[name], turn) for name in self.init) for turn in (0, 1)]
        calls = [c for one in drawn for c in watched(case, Call(self.cls, one, hold="all"))]
        made = (Ref(start + 1), Ref(start + 4))
        return calls + [Call(n, on=one, kind="read") for one in made for n in self.fresh.values()]

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outputs: dict[str, Any] = {}
        texts = tuple(dict.fromkeys(text for o in outcomes for text in o.warnings))
        drawn = outcomes[1 : 1 + len(self.fresh)]
        steps = outcomes[1 + len(self.fresh) + len(self.assign) :]
        redrawn: Sequence[Outcome] = ()
        if case.name == AGAIN:
            steps = steps[1::2]
        elif self.fresh:
            steps, redrawn = steps[: len(self.steps)], steps[len(self.steps) :]
        assigned = outcomes[1 + len(self.fresh) :][: len(self.assign)]
        judged = [o for step, o in zip(self.steps, steps, strict=True) if step[1][0] != "["]
        for outcome in (outcomes[0], *assigned, *judged):
            if (failure := outcome.failure) is not None:
                if failure.kind == "missing" and outcome is not outcomes[0]:  # the class is there
                    failure = replace(failure, kind="exception", type_name="AttributeError")
                failed = Observed(None, failure=failure, warnings=texts, outcome=outcome)
                return {self.cls: failed}
        for (output, *_), outcome in zip(self.steps, steps, strict=True):
            outputs[output] = (*outputs.get(output, ()), outcome.value)
        for output, outcome in zip(self.fresh, drawn, strict=True):
            outputs[output] = outcome.value  # None where there is no such attribute
        counted = [o.points for o in steps]
        points = None if None in counted else tuple(map(max, zip(*filter(None, counted))))
        seen = Observed(outputs, None, None, (), texts, replace(outcomes[-1], points=points))
        return {self.cls: replace(seen, draws=self._draws(outputs, redrawn))}

    def _draws(self, outputs: dict[str, Any], redrawn: Sequence[Outcome]) -> Draws | None:
        if not redrawn:
            return None
        read, half = [o.value for o in redrawn[6:]], len(self.fresh)
        again, other = (
            dict(zip(self.fresh, values, strict=True)) for values in (read[:half], read[half:])
        )
        touched = redrawn[0].value != redrawn[2].value
        return Draws(again, (outputs, other), touched, redrawn[1].failure)


def _step(step: Sequence[str], value: Mapping[str, Any], on: Ref) -> Call:
    """One call, or one reading of an attribute, on an instance."""
    _, method, *names = step
    if method.startswith("."):
        return Call(method[1:], on=on, kind="read")
    if method.startswith("["):
        *path, method = method[1:].replace("].", "][").split("][")
        on = Ref(-1, tuple(map(int, path)))
    return Call(method, tuple(value[name] for name in names), on=on)


@attrs.frozen
class Answer(Exercise):
    """A variable whose name is the row id: a number or one of several choices.

    The right value is the one that the solved notebook assigns; it is never shipped.

    Args:
        variable: The name of the variable.
        form: `"integer"`, `"number"`, or `"choice"`.
        choices: The choices, for the form `"choice"`.
        tolerance: For numbers: the relative error that still counts as right.
    """

    variable: str
    form: str = attrs.field(default="number", kw_only=True)
    choices: tuple[Any, ...] = attrs.field(default=(), converter=tuple[Any, ...], kw_only=True)
    tolerance: float = attrs.field(default=1e-6, kw_only=True)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.choices:
            object.__setattr__(self, "form", "choice")
        if self.form not in ("integer", "number", "choice"):
            raise DeclarationError(
                f"answer {self.variable!r}: form is {self.form!r}; expected 'integer', 'number' "
                "or choices"
            )

    @property
    def rows(self) -> tuple[Row, ...]:
        return (self.row_of(self.variable, (self.variable,)),)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        return Script(case.seed, (Call(self.variable, kind="read"),))

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outcome = outcomes[0]
        if outcome.failure is not None:
            return {self.variable: Observed(None, failure=outcome.failure, outcome=outcome)}
        return {self.variable: Observed({self.variable: outcome.value}, outcome=outcome)}


@attrs.frozen
class Text(Exercise):
    """A short text that a person grades, by a rubric of three lines.

    Args:
        cell: The row id; the markdown cell tagged `text:<cell>` holds the answer.
        rubric: What earns points, a line each: claim, mechanism, a number from the own run.
    """

    cell: str
    rubric: tuple[str, ...] = attrs.field(default=(), converter=names_of, kw_only=True)

    @property
    def rows(self) -> tuple[Row, ...]:
        return (Row(self.cell, "value", self.points.get("value", 0), (), manual=True),)

    @property
    def functions(self) -> tuple[str, ...]:
        return ()

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        return Script(case.seed, ())

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        return {}
