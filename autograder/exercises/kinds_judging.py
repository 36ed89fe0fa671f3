"""Kinds whose answer exposes, judges or builds: `Witness`, `Critic` and `Expressions`.

All three reduce what student code returns to plain outputs in `observe`, so that the ordinary
comparison with the reference decides.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed, Row, named, settings
from autograder.exercises.inputs import constant
from autograder.exercises.kinds import Function, fill
from autograder.exercises.kinds_stateful import Module
from autograder.exercises.script import Call, Failure, Implementation, Opaque, Outcome, Ref, Script

MOST_ENTRIES = 400
STEP = 1e-5
APART = 1e-4


@dataclass(frozen=True, kw_only=True)
class Witness(Function):
    """A function without arguments that returns an input on which a given backward is wrong.

    It is judged by the slope of the given forward at that very input, so no right backward is
    needed, none ships, and every exposing input counts.

    Args:
        forward, backward: Sources of the layer under suspicion: `forward(*arrays) -> out, cache`
            and `backward(dout, cache) -> gradients`, one for each array.
        returns: Names of what the student returns: the arrays, then the upstream gradient.
    """

    forward: str
    backward: str
    returns: tuple[str, ...]

    def __init__(
        self,
        function: Callable[..., Any] | str,
        *,
        forward: Callable[..., Any],
        backward: Callable[..., Any],
        returns: Sequence[str],
        points: float,
        hints: Sequence[str] = (),
        **options: Any,
    ) -> None:
        ready = settings(Witness, {}, points, hints, options)
        ready |= {
            "function": named(function),
            "outputs": ("exposes",),
            "steps": 1,
            "carry": {},
            "unjudged": (),
            "forward": inspect.getsource(forward),
            "backward": inspect.getsource(backward),
            "returns": tuple(returns),
        }
        fill(self, ready)

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outcome = outcomes[0]
        if outcome.failure is not None:
            return {self.function: Observed(None, failure=outcome.failure, outcome=outcome)}
        problem = self._problem(outcome.value)
        outputs = None if problem else {"exposes": True}
        return {self.function: Observed(outputs, problem, outcome=outcome)}

    def _problem(self, value: Any) -> str:
        """Why the returned input exposes nothing; empty when it exposes the mistake."""
        wanted = ", ".join(self.returns)
        if not isinstance(value, (tuple, list)) or len(value) != len(self.returns):
            return f"{self.function} must return {len(self.returns)} arrays: {wanted}"
        arrays = []
        for name, item in zip(self.returns, value, strict=True):
            array = np.asarray(item) if isinstance(item, (list, int, float)) else item
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
                return f"{name} is not an array of numbers"
            if array.size > MOST_ENTRIES:
                return f"{name} has {array.size} entries; {MOST_ENTRIES} are enough for anybody"
            arrays.append(array.astype(float))
            if array.size == 0 or not np.isfinite(arrays[-1]).all():
                return f"{name} must hold finite numbers, at least one"
        with np.errstate(all="ignore"):
            return self._compare(arrays[:-1], arrays[-1])

    def _compare(self, arrays: list[np.ndarray], dout: np.ndarray) -> str:
        forward, backward = _defined(self.forward), _defined(self.backward)
        try:
            out, cache = forward(*(array.copy() for array in arrays))
        except Exception as error:  # shapes that do not fit together
            return f"the card's forward does not take these arrays: {error}"
        if np.shape(out) != dout.shape:
            return f"dout has shape {dout.shape}; the card's out has {np.shape(out)} here"
        try:
            grads = backward(dout.copy(), cache)
        except Exception:
            return ""
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        for place, (array, grad) in enumerate(zip(arrays, grads)):
            above, below = _slopes(forward, arrays, place, dout)
            size = np.abs(above).max() + np.abs(below).max() + 1e-9
            if np.abs(above - below).max() > APART * size:
                return f"at your {self.returns[place]} the function has a kink; move off it"
            measured = (above + below) / 2
            if np.shape(grad) != array.shape:
                return ""
            if np.abs(grad - measured).max() > 1e-2 * max(size, float(np.abs(grad).max())):
                return ""
        shapes = ", ".join(
            f"{name} {array.shape}" for name, array in zip(self.returns, [*arrays, dout])
        )
        return f"the card is right on your input ({shapes}); find one on which it is wrong"


def _defined(source: str) -> Callable[..., Any]:
    """The function that an instructor's source defines."""
    own: dict[str, Any] = {"np": np}
    exec(compile(source, "<card>", "exec"), own)
    tree = ast.parse(source)
    name = next(node.name for node in tree.body if isinstance(node, ast.FunctionDef))
    function: Callable[..., Any] = own[name]
    return function


def _slopes(
    forward: Callable[..., Any], arrays: Sequence[np.ndarray], place: int, dout: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The slopes of `sum(dout * out)` towards larger and towards smaller entries of an array."""

    def score(changed: np.ndarray) -> float:
        inputs = [changed if i == place else a.copy() for i, a in enumerate(arrays)]
        return float(np.sum(dout * forward(*inputs)[0]))

    x = arrays[place]
    here = score(x.copy())
    above, below = np.zeros_like(x), np.zeros_like(x)
    for i in np.ndindex(x.shape):
        nudged = x.copy()
        nudged[i] = x[i] + STEP
        above[i] = (score(nudged) - here) / STEP
        nudged[i] = x[i] - STEP
        below[i] = (here - score(nudged)) / STEP
    return above, below


@dataclass(frozen=True, kw_only=True)
class Critic(Function):
    """A function `(forward, backward) -> bool`, judged by what it accepts.

    Its score is the share of wrong implementations that it rejects less the share of right ones
    that it rejects (false alarms), in steps of one `rungs`-th. An exception counts as a rejection.

    Args:
        right, wrong: Name -> source of both functions, `forward` and `backward`; `{a}` and `{b}`
            stand for numbers drawn for each case, so that hidden ones differ.
        rungs: Into how many equal outputs the score is cut.
    """

    right: dict[str, str]
    wrong: dict[str, str]
    rungs: int

    def __init__(
        self,
        function: Callable[..., Any] | str,
        *,
        right: Mapping[str, str],
        wrong: Mapping[str, str],
        points: float,
        rungs: int = 5,
        hints: Sequence[str] = (),
        **options: Any,
    ) -> None:
        if not right or not wrong:
            raise DeclarationError(f"{named(function)}: right and wrong implementations are needed")
        taken = {"forward": constant(None), "backward": constant(None)}  # filled in by `script`
        ready = settings(Critic, taken, points, hints, options)
        ready |= {
            "function": named(function),
            "outputs": tuple(f"{100 * k // rungs} %" for k in range(1, rungs + 1)),
            "steps": 1,
            "carry": {},
            "unjudged": (),
            "right": dict(right),
            "wrong": dict(wrong),
            "rungs": rungs,
        }
        fill(self, ready)

    def _members(self, case: Case) -> list[tuple[str, bool, str]]:
        """Name, whether it is right, and source, in an order and with numbers of the case."""
        rng = np.random.default_rng([case.seed, 3])
        members = [(name, True, text) for name, text in self.right.items()]
        members += [(name, False, text) for name, text in self.wrong.items()]
        ordered = [members[i] for i in rng.permutation(len(members))]
        return [
            (name, right, text.replace("{a}", f"{a:.3f}").replace("{b}", f"{b:.3f}"))
            for (name, right, text), (a, b) in zip(
                ordered, rng.uniform(0.6, 1.4, (len(members), 2)), strict=True
            )
        ]

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        calls = tuple(
            Call(self.function, (Implementation(text, "forward"), Implementation(text, "backward")))
            for _, _, text in self._members(case)
        )
        return Script(case.seed, calls)

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        missed, alarms = [], []
        for (name, right, _), outcome in zip(self._members(case), outcomes, strict=True):
            if outcome.failure is not None and outcome.failure.kind != "exception":
                return {self.function: Observed(None, failure=outcome.failure, outcome=outcome)}
            accepted = outcome.failure is None and _truth(outcome.value)
            if accepted is None:
                kind = type(outcome.value).__name__
                problem = f"{self.function} returned a {kind}; expected True or False"
                return {self.function: Observed(None, problem, outcome=outcome)}
            if accepted and not right:
                missed.append(name)
            elif right and not accepted:
                alarms.append(name)
        share = 1 - len(missed) / len(self.wrong) - len(alarms) / len(self.right)
        told = (
            f"accepts {len(missed)} of {len(self.wrong)} wrong, rejects {len(alarms)} of "
            f"{len(self.right)} right: {'; '.join(sorted(missed) + sorted(alarms))}"
        )
        outputs = {
            output: "reached" if share >= (k + 1) / self.rungs - 1e-9 else told
            for k, output in enumerate(self.outputs)
        }
        return {self.function: Observed(outputs, outcome=outcomes[-1])}


def _truth(value: Any) -> bool | None:
    """A verdict as a boolean; None when it is none."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "b":
        return bool(value)
    return value if type(value) is bool else None


_OPERATIONS: dict[type, str] = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__",
    ast.Pow: "__pow__", ast.USub: "__neg__",
}  # fmt: skip
_REFLECTED = {"__add__": "__radd__", "__sub__": "__rsub__", "__mul__": "__rmul__"}


@dataclass(frozen=True, kw_only=True)
class Expressions(Module):
    """A class of values that record what is done with them, judged on whole expressions.

    An expression is Python: assignments and, last, the result. Its letters are inputs; operators
    become calls of the special methods, `a.tanh()` a call of that method. Then `backward()` is
    called on the result, and `data` of the result and `grad` of the inputs are read.

    Args:
        expressions: Output -> the expression.
        repeat: Output -> how often `backward()` is called; once where nothing is said.
    """

    expressions: dict[str, str]
    repeat: dict[str, int]

    def __init__(
        self,
        cls: type | str,
        *,
        inputs: Mapping[str, Any],
        expressions: Mapping[str, str],
        points: float,
        repeat: Mapping[str, int] | None = None,
        hints: Sequence[str] = (),
        **options: Any,
    ) -> None:
        ready = settings(Expressions, inputs, points, hints, {"large": {}, "small": {}, **options})
        ready |= {
            "cls": named(cls),
            "init": (next(iter(inputs)),),
            "steps": (),
            "assign": {},
            "expressions": dict(expressions),
            "repeat": dict(repeat or {}),
        }
        fill(self, ready)
        for text in expressions.values():
            _Recorder(self.cls, dict.fromkeys(self.inputs, 1.0), 0).record(text)

    @property
    def rows(self) -> tuple[Row, ...]:
        points, hints = self.points.get("value", 0), self.hints.get("value", ())
        return (Row(self.cls, "value", points, tuple(self.expressions), hints),)

    def _recorded(self, case: Case) -> dict[str, tuple[list[Call], dict[str, int]]]:
        """Output -> the calls, and which of them give its numbers."""
        recorded: dict[str, tuple[list[Call], dict[str, int]]] = {}
        start = 0
        for output, text in self.expressions.items():
            recorder = _Recorder(self.cls, case.inputs, start)
            root = recorder.record(text)
            for _ in range(self.repeat.get(output, 1)):
                recorder.add(Call("backward", on=root))
            reads = {"data": recorder.add(Call("data", on=root, kind="read")).call}
            for name, leaf in recorder.leaves.items():
                reads[f"{name}.grad"] = recorder.add(Call("grad", on=leaf, kind="read")).call
            recorded[output] = (recorder.calls, reads)
            start += len(recorder.calls)
        return recorded

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        calls = [call for part, _ in self._recorded(case).values() for call in part]
        return Script(case.seed, tuple(calls))

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outputs: dict[str, Any] = {}
        failures: list[Failure] = []
        start = 0
        for output, (calls, reads) in self._recorded(case).items():
            mine = outcomes[start : start + len(calls)]
            start += len(calls)
            failed = [o.failure for o in mine if o.failure is not None]
            failures += failed
            if failed:
                what = f"{failed[0].type_name or failed[0].kind}: {failed[0].message}"
                outputs[output] = Opaque(f"failed call ({what[:200]})")
            else:
                outputs[output] = {name: outcomes[i].value for name, i in reads.items()}
        hard = [f for f in failures if f.kind not in ("exception", "missing", "skipped")]
        if hard or all(isinstance(value, Opaque) for value in outputs.values()):
            return {self.cls: Observed(None, failure=(hard or failures)[0], outcome=outcomes[-1])}
        texts = tuple(dict.fromkeys(text for o in outcomes for text in o.warnings))
        return {self.cls: Observed(outputs, "", None, (), texts, outcomes[-1])}


class _Recorder:
    """Turns an expression into calls."""

    def __init__(self, cls: str, inputs: Mapping[str, Any], start: int) -> None:
        self.cls, self.inputs, self.start = cls, inputs, start
        self.calls: list[Call] = []
        self.leaves: dict[str, Ref] = {}
        self._names: dict[str, Ref] = {}

    def add(self, call: Call) -> Ref:
        """Append a call; return what stands for its result."""
        self.calls.append(call)
        return Ref(self.start + len(self.calls) - 1)

    def record(self, text: str) -> Ref:
        """The calls of a whole expression.

        Raises:
            DeclarationError: When it is not written with the few things that are known here.
        """
        root: Any = None
        for statement in ast.parse(text).body:
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                value = self._visit(statement.value)
                if not isinstance(value, Ref):
                    raise DeclarationError(f"expression {text!r} assigns a plain number")
                self._names[statement.targets[0].id] = value
            elif isinstance(statement, ast.Expr):
                root = self._visit(statement.value)
            else:
                raise DeclarationError(f"expression {text!r}: assignments and one result, please")
        if not isinstance(root, Ref):
            raise DeclarationError(f"expression {text!r} has no result")
        return root

    def _visit(self, node: ast.expr) -> Ref | float:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return node.value
        if isinstance(node, ast.Name):
            return self._names[node.id] if node.id in self._names else self._leaf(node.id)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
            return self._method(self._visit(node.operand), _OPERATIONS[type(node.op)])
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
            name = _OPERATIONS[type(node.op)]
            left, right = self._visit(node.left), self._visit(node.right)
            if isinstance(left, Ref):
                return self._method(left, name, right)
            return self._method(right, _REFLECTED[name], left)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._method(self._visit(node.func.value), node.func.attr)
        raise DeclarationError(f"an expression cannot hold {ast.unparse(node)!r}")

    def _method(self, owner: Ref | float, name: str, *args: Any) -> Ref:
        if not isinstance(owner, Ref):
            raise DeclarationError(f"{name} of a plain number")
        return self.add(Call(name, args, on=owner, hold="all"))

    def _leaf(self, name: str) -> Ref:
        if name not in self.inputs:
            raise DeclarationError(f"an expression uses {name!r}, which is no input")
        if name not in self.leaves:
            self.leaves[name] = self.add(Call(self.cls, (self.inputs[name],), hold="all"))
        return self.leaves[name]
