"""The kinds of exercise whose answer is a function: `Layer`, `Loss`, `Function`, `Sampler`.

Authors write `affine = Layer(affine_forward, affine_backward, inputs=..., points=...)`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import attrs
import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.cases import AGAIN, COUNTED, Case, elsewhere
from autograder.exercises.exercise import (
    Draws,
    Exercise,
    Observed,
    Row,
    named,
    names_of,
    read_outputs,
)
from autograder.exercises.inputs import IF_SET, Array, State
from autograder.exercises.script import Call, Outcome, Ref, Rng, Script, Strided

MANY = 1000
"""So many random numbers are never alike by chance, even where each is one of two."""


def watched(case: Case, *calls: Call) -> tuple[Call, ...]:
    """Calls, and before and after them the state of the global generators, which they leave."""
    before = Call("", (case.seed + 1,), kind="chance")
    return (before, *calls, Call("", kind="chance"))


def generator(value: Any, turn: int) -> Any:
    """An argument; of a generator the same one anew, or (in another turn) another one."""
    return Rng(value.seed + turn) if isinstance(value, Rng) else value


def _observed(
    outcome: Outcome, names: Sequence[str], arguments: Sequence[str], *, what: str
) -> Observed:
    """Read one outcome whose whole value is the named outputs."""
    changed = tuple(arguments[i] for i in outcome.changed if i < len(arguments))
    if outcome.failure is not None:
        return Observed(None, failure=outcome.failure, warnings=outcome.warnings, outcome=outcome)
    outputs, problem = read_outputs(outcome.value, names, what=what)
    return Observed(outputs, problem, None, changed, outcome.warnings, outcome)


@attrs.frozen
class Layer(Exercise):
    """A forward that returns `(*outputs, cache)` and a backward that returns one gradient an input.

    Args:
        forward, backward: The reference functions; `backward(*upstream, cache)`.
        outputs: The names of what forward returns before the cache.
        gradients: The names of what backward returns: `d<input>` for every float array input.
        graded: Parts that are rows here (a second backward of the same forward names "backward").
        mask: For layers that draw a random mask: `(parameter, key)` of the keep probability.
        stages: Names that the text proposes for the intermediate gradients of the backward, in
            order. They are never required; the first one that is there and wrong is named.
    """

    forward: str = attrs.field(converter=named)
    backward: str = attrs.field(converter=named)
    outputs: tuple[str, ...] = attrs.field(default=("out",), converter=names_of, kw_only=True)
    gradients: tuple[str, ...] = attrs.field(converter=names_of, kw_only=True)
    graded: tuple[str, ...] = attrs.field(kw_only=True)
    mask: tuple[str, str] | None = attrs.field(default=None, kw_only=True)
    stages: tuple[str, ...] = attrs.field(default=(), converter=names_of, kw_only=True)

    parts: ClassVar[tuple[str, ...]] = ("forward", "backward")

    @gradients.default
    def _of_every_array(self) -> list[str]:
        return ["d" + key for key, value in self.inputs.items() if isinstance(value, Array)]

    @graded.default
    def _worth_points(self) -> tuple[str, ...]:
        return tuple(part for part in self.parts if part in self.points)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.mask is not None:
            object.__setattr__(self, "random", True)

    @property
    def rows(self) -> tuple[Row, ...]:
        outputs = {"forward": self.outputs + self._state_outputs, "backward": self.gradients}
        return tuple(self.row_of(getattr(self, part), outputs[part], part) for part in self.graded)

    @property
    def functions(self) -> tuple[str, ...]:
        return (self.forward, self.backward)

    @property
    def _states(self) -> list[tuple[int, str, State]]:
        items = enumerate(self.inputs.items())
        return [(i, key, value) for i, (key, value) in items if isinstance(value, State)]

    @property
    def _state_outputs(self) -> tuple[str, ...]:
        return tuple(entry for _, _, value in self._states for entry in value.graded)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        watch = tuple(i for i, _, _ in self._states)
        wanted = "backward" in self.graded and (rows is None or self.backward in rows)
        counted = case.name in COUNTED and wanted  # for a forward alone there is nothing to count
        arguments = tuple(case.inputs.values())
        calls = [Call(self.forward, arguments, hold="last", watch=watch, count=counted)]
        if wanted and case.upstream and any(case.judges(g) for g in self.gradients):
            cache = Ref(0, (-1,))
            stages = self.stages if counted else ()
            if case.name == AGAIN:  # a network may use a layer twice before it goes back
                other = tuple(elsewhere(self.inputs, case).values())
                calls.append(Call(self.forward, other, hold="last"))
            calls.append(Call(self.backward, (*case.upstream, cache), count=counted, stages=stages))
            if self.mask is not None:  # without a seed, nothing but the mask itself can be kept
                calls.append(Call(self.forward, self._unseeded(case), hold="last"))
                last = Ref(len(calls) - 1, (-1,))
                calls.append(Call(self.backward, (*case.upstream, last)))
        calls += [Call(self.forward, arguments, hold="last") for arguments in self._redraws(case)]
        return Script(case.seed, tuple(calls))

    def _redraws(self, case: Case) -> list[tuple[Any, ...]]:
        """Arguments of further forwards that show whether a mask is drawn: as before; no seed."""
        first = next(iter(case.inputs.values()))
        if self.mask is None or isinstance(first, Strided) or np.size(first) < MANY:
            return []
        return [tuple(case.inputs.values()), *2 * [self._unseeded(case)]]

    def _unseeded(self, case: Case) -> tuple[Any, ...]:
        assert self.mask is not None
        parameter = {key: v for key, v in case.inputs[self.mask[0]].items() if key != "seed"}
        return tuple({**case.inputs, self.mask[0]: parameter}.values())

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        found: dict[str, Observed] = {}
        if redrawn := outcomes[len(outcomes) - len(self._redraws(case)) :]:
            outcomes = outcomes[: -len(redrawn)]
        if "forward" in self.graded:
            seen = self._observe_forward(outcomes[0])
            draws = self._draws(outcomes[0], redrawn)
            found[self.forward] = seen if draws is None else replace(seen, draws=draws)
        if len(outcomes) > 1:
            unseeded = outcomes[-2:] if self.mask is not None else ()
            seen = self._observe_backward(outcomes[-1 - len(unseeded)])
            undone = self._undone(unseeded)
            found[self.backward] = seen if undone is None else replace(seen, draws=undone)
        return found

    def _observe_backward(self, outcome: Outcome) -> Observed:
        upstream = [f"d{output}" for output in self.outputs]
        return _observed(outcome, self.gradients, [*upstream, "cache"], what=self.backward)

    def _undone(self, unseeded: Sequence[Outcome]) -> Draws | None:
        """Of a forward without a seed and its backward: what both gave."""
        if not unseeded or unseeded[0].failure is not None:  # the forward pays for its own
            return None
        out = self._observe_forward(unseeded[0]).outputs or {}
        seen = self._observe_backward(unseeded[1])
        return Draws({}, (out, seen.outputs or {}), failure=seen.failure)

    def _draws(self, first: Outcome, redrawn: Sequence[Outcome]) -> Draws | None:
        """Of the further forwards: with the seed, and without one, whether they differ."""
        if not redrawn or first.failure is not None:
            return None
        failure = next((o.failure for o in redrawn if o.failure is not None), None)
        if failure is not None:
            return Draws({}, ({}, {}), failure=failure)
        again, one, other = (self._observe_forward(o).outputs or {} for o in redrawn)
        return Draws(again, (one, other))

    def _observe_forward(self, outcome: Outcome) -> Observed:
        names = (*self.outputs, "cache")
        seen = _observed(outcome, names, list(self.inputs), what=self.forward)
        if seen.outputs is None:
            return seen
        outputs = seen.outputs
        outputs.pop("cache", None)
        if not self._states:
            return seen
        for i, _, value in self._states:
            after = outcome.after.get(i)
            for entry in value.graded:
                outputs[entry] = after.get(entry) if isinstance(after, dict) else None
        states = [key for _, key, _ in self._states]
        changed = tuple(name for name in seen.changed if name not in states)
        return replace(seen, changed=changed)

    def upstream_shapes(self, outcomes: Sequence[Outcome]) -> list[tuple[int, ...]]:
        value = outcomes[0].value
        return [np.shape(item) for item in value[: len(self.outputs)]]


@attrs.frozen
class Function(Exercise):
    """A function judged by what it returns.

    Args:
        function: The reference function, called with the inputs in order.
        outputs: The names of what it returns.
        steps: How often it is called; in each further call the inputs of `carry` take what the
            call before returned, and the other arrays are drawn anew.
        carry: Input name -> index into what the call before returned.
        unjudged: Outputs that are returned but do not count (an optimiser's config).
        held: Inputs whose contents after the call are outputs, too: a dict, or what `made()` gives
            where that is one (a model that is to hold its best weights).
        derived: What it returns are gradients, to be derived and not measured.
        gradient_of: The expression whose gradients it returns, `d<input>` each, of the inputs and
            for the upstream gradient `dout` where there is one; by it the reference is proven.
    """

    function: str = attrs.field(converter=named)
    outputs: tuple[str, ...] = attrs.field(default=("out",), converter=names_of, kw_only=True)
    steps: int = attrs.field(default=1, kw_only=True)
    carry: dict[str, int] = attrs.field(factory=dict, kw_only=True)
    unjudged: tuple[str, ...] = attrs.field(default=(), converter=names_of, kw_only=True)
    held: tuple[str, ...] = attrs.field(
        default=(), converter=names_of, kw_only=True, metadata=IF_SET
    )
    derived: bool = attrs.field(default=False, kw_only=True, metadata=IF_SET)
    gradient_of: str = attrs.field(default="", kw_only=True, metadata=IF_SET)

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        if self.steps > 1 and not self.carry:
            raise DeclarationError("steps > 1 needs carry: which inputs take earlier results")
        if self.held and self.steps > 1:
            raise DeclarationError("held inputs are looked at after a single call: leave out steps")
        for key in self.held:
            if key not in self.inputs:
                raise DeclarationError(f"held names {key!r}, which is no input")

    @property
    def rows(self) -> tuple[Row, ...]:
        judged = tuple(name for name in self.outputs if name not in self.unjudged)
        return (self.row_of(self.function, judged + self.held),)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        counted = case.name in COUNTED and (self.derived or isinstance(self, Loss))
        watch = tuple(i for i, key in enumerate(self.inputs) if key in self.held)
        calls = [Call(self.function, tuple(case.inputs.values()), watch=watch, count=counted)]
        stride = self._stride(case)
        other = elsewhere(self.inputs, case) if stride > 1 else {}
        if other:
            calls.append(Call(self.function, tuple(other.values())))
        rng = np.random.default_rng([case.seed, 2])
        for step in range(1, self.steps):
            state = rng.bit_generator.state
            for turn, inputs in enumerate((case.inputs, other)[:stride]):
                rng.bit_generator.state = state
                calls.append(self._further(inputs, stride * (step - 1) + turn, rng))
        return Script(case.seed, tuple(calls))

    def turns(self, output: str) -> int:
        return self.steps if self.steps > 1 else 0

    def _stride(self, case: Case) -> int:
        """Two where a second array takes its steps in turn with the first, else one."""
        return 2 if case.name == AGAIN and self.steps > 1 else 1

    def _further(self, inputs: Mapping[str, Any], before: int, rng: np.random.Generator) -> Call:
        """The step after the call at index `before`."""
        args: list[Any] = []
        for key, value in inputs.items():
            if key in self.carry:
                path = (self.carry[key],) if len(self.outputs) > 1 else ()
                args.append(Ref(before, path))
            elif isinstance(value, np.ndarray) and value.dtype.kind == "f":
                args.append(rng.permutation(value.ravel()).reshape(value.shape))
            else:
                args.append(value)
        return Call(self.function, tuple(args))

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        row = self.rows[0]
        outcomes = outcomes[:: self._stride(case)]
        seen = [_observed(o, self.outputs, list(self.inputs), what=self.function) for o in outcomes]
        for one in seen:
            if one.outputs is None:
                return {row.id: one}
        if self.steps == 1:
            held = {list(self.inputs)[i]: after for i, after in outcomes[0].after.items()}
            found = {**(seen[0].outputs or {}), **held}
            outputs = {key: found[key] for key in row.outputs}
        else:
            outputs = {
                key: tuple(one.outputs[key] for one in seen)  # type: ignore[index]
                for key in row.outputs
            }
        texts = tuple(dict.fromkeys(text for one in seen for text in one.warnings))
        own = {*self.carry, *self.held}  # what it may change
        changed = tuple(dict.fromkeys(k for s in seen for k in s.changed if k not in own))
        return {row.id: Observed(outputs, None, None, changed, texts, outcomes[-1])}


@attrs.frozen
class Loss(Function):
    """A function that returns a loss and its gradients, such as `softmax_loss(x, y) -> loss, dx`.

    Args:
        gradients: Gradient name -> the input with respect to which it is taken, in order.
    """

    gradients: tuple[str, ...] = attrs.field(default=("dx",), converter=names_of, kw_only=True)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "outputs", ("loss", *self.gradients))
        super().__attrs_post_init__()


@attrs.frozen
class Sampler(Function):
    """A random initialiser, judged by the shape and the moments of what it draws.

    The mean and the standard deviation are compared with those of the reference, within what a
    sample of that size can tell; any distribution with the right moments and any stream of
    numbers is right.
    """

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "random", True)
        super().__attrs_post_init__()

    @property
    def drawn(self) -> frozenset[str]:
        return frozenset(self.outputs)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        script = super().script(case, rows)
        if case.name == AGAIN:
            return script
        again, other = (
            Call(self.function, tuple(generator(value, turn) for value in case.inputs.values()))
            for turn in (0, 1)
        )
        return Script(script.seed, (*script.calls, *watched(case, again), other))

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        if case.name == AGAIN:
            return super().observe(case, outcomes)
        *plain, before, again, after, other = outcomes
        found = super().observe(case, plain)
        seen = found[self.function]
        if seen.outputs is None:
            return found
        names = (self.outputs, list(self.inputs))
        same, next_one = (_observed(o, *names, what=self.function) for o in (again, other))
        draws = Draws(
            same.outputs or {},
            (seen.outputs, next_one.outputs or {}),
            before.value != after.value,
            same.failure or next_one.failure,
        )
        return {self.function: replace(seen, draws=draws)}
