"""The kind `Expressions`: a class judged on whole expressions of its instances.

It reduces what student code returns to plain outputs in `observe`, so that the ordinary comparison
with the reference decides.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import attrs

from autograder.errors import DeclarationError
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed, Row, names_of
from autograder.exercises.inputs import IF_SET
from autograder.exercises.kinds_stateful import Module
from autograder.exercises.script import Broken, Call, Failure, Opaque, Outcome, Ref, Script

_OPERATIONS: dict[type, str] = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__",
    ast.Pow: "__pow__", ast.USub: "__neg__",
}  # fmt: skip
_REFLECTED = {"__add__": "__radd__", "__sub__": "__rsub__", "__mul__": "__rmul__"}


@dataclass(frozen=True)
class _Recording:
    """The calls of an expression, whatever its letters are.

    Args:
        leaves: Letter -> the call that is given its number.
        reads: What is read -> the number of the call that reads it.
    """

    calls: Sequence[Call]
    leaves: Mapping[str, Ref]
    reads: Mapping[str, int]


@attrs.frozen
class Expressions(Module):
    """A class of values that record what is done with them, judged on whole expressions.

    An expression is Python: assignments and, last, the result. Its letters are inputs; operators
    become calls of the special methods, `a.tanh()` a call of that method. Then `backward()` is
    called on the result, and `data` of the result and `grad` of the inputs and of all that has a
    name are read.

    Args:
        expressions: Output -> the expression.
        repeat: Output -> how often `backward()` is called, once where nothing is said; where it is
            not called at all, only `data` is read.
        apart: Outputs that are asked for in those variants only that judge them, and judge nothing
            else: what may take a long time costs itself alone.
    """

    init: tuple[str, ...] = attrs.field(kw_only=True)
    steps: tuple[tuple[str, ...], ...] = attrs.field(default=(), kw_only=True)
    expressions: dict[str, str] = attrs.field(kw_only=True)
    repeat: dict[str, int] = attrs.field(factory=dict, kw_only=True)
    apart: tuple[str, ...] = attrs.field(
        default=(), converter=names_of, kw_only=True, metadata=IF_SET
    )

    @init.default
    def _first_input(self) -> tuple[str, ...]:
        return tuple(self.inputs)[:1]

    def __attrs_post_init__(self) -> None:
        super().__attrs_post_init__()
        for text in self.expressions.values():
            _Recorder(self.cls, tuple(self.inputs), 0).record(text)

    @property
    def rows(self) -> tuple[Row, ...]:
        return (self.row_of(self.cls, tuple(self.expressions)),)

    def reached(self, output: str) -> set[str]:
        """The inputs on which the result of an expression depends."""
        *before, result = _statements(self.expressions[output])
        reached = {n.id for n in ast.walk(result) if isinstance(n, ast.Name)}
        for statement in reversed(before):
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            if isinstance(target, ast.Name) and target.id in reached:
                reached |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
        return reached & set(self.inputs)

    def _recorded(self, case: Case) -> Iterator[tuple[str, _Recording]]:
        """The outputs that are asked for, and how; their calls stand one after the other."""
        asked = case.judged or set(self.expressions) - set(self.apart)
        start = 0
        for output, text in self.expressions.items():
            if output in asked:
                times = self.repeat.get(output, 1)
                recorded = _recording(self.cls, tuple(self.inputs), text, times, start)
                start += len(recorded.calls)
                yield output, recorded

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        calls: list[Call] = []
        for _, recorded in self._recorded(case):
            calls += recorded.calls
            for name, node in recorded.leaves.items():
                calls[node.call] = replace(calls[node.call], args=(case.inputs[name],))
        return Script(case.seed, tuple(calls))

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outputs: dict[str, Any] = {}
        failures: list[Failure] = []
        start = 0
        for output, recorded in self._recorded(case):
            calls = recorded.calls
            mine = outcomes[start : start + len(calls)]
            start += len(calls)
            if any(outcome.failure is not None for outcome in mine):
                failed = _failures(self.cls, calls, mine, start - len(calls))
                failures += failed
                outputs[output] = _broken(failed[0], mine, calls)
            else:
                outputs[output] = {name: outcomes[i].value for name, i in recorded.reads.items()}
        soft = ("exception", "missing", "skipped", "unanswered")
        hard = [failure for failure in failures if failure.kind not in soft]
        if hard or all(isinstance(value, Opaque) for value in outputs.values()):
            return {self.cls: Observed(None, failure=(hard or failures)[0], outcome=outcomes[-1])}
        outputs = {name: outputs.get(name, {}) for name in self.expressions}  # not asked: empty
        texts = tuple(dict.fromkeys(text for o in outcomes for text in o.warnings))
        return {self.cls: Observed(outputs, None, None, (), texts, outcomes[-1])}


@cache
def _recording(cls: str, inputs: tuple[str, ...], text: str, times: int, start: int) -> _Recording:
    """Record an expression: once, for all cases and for everybody who is asked."""
    recorder = _Recorder(cls, inputs, start)
    root = recorder.record(text)
    for _ in range(times):
        recorder.add(Call("backward", on=root))
    reads = {"data": recorder.add(Call("data", on=root, kind="read")).call}
    for name, node in {**recorder.leaves, **recorder.names}.items() if times else ():
        reads[f"{name}.grad"] = recorder.add(Call("grad", on=node, kind="read")).call
    return _Recording(recorder.calls, recorder.leaves, reads)


@cache
def _statements(text: str) -> list[ast.stmt]:
    """An expression, taken apart once: it is recorded for every case, and again to be read."""
    return ast.parse(text).body


def _broken(failure: Failure, outcomes: Sequence[Outcome], calls: Sequence[Call]) -> Broken:
    """What stands for an expression that has no value."""
    if failure.kind == "unanswered":
        method = next(c.function for c, o in zip(calls, outcomes, strict=True) if o.failure)
        return Broken(failure.type_name, unwritten=method)
    return Broken(f"{failure.type_name or failure.kind}: {failure.message}"[:200])


def _failures(
    cls: str, calls: Sequence[Call], outcomes: Sequence[Outcome], start: int
) -> list[Failure]:
    """The failures among `outcomes`; a method that is missing is told as Python would tell it.

    Args:
        start: What the numbers of the calls begin with.
    """
    made = [o.value.type_name if isinstance(o.value, Opaque) else "" for o in outcomes]
    own = {kind for call, kind in zip(calls, made, strict=True) if call.function == cls}
    failures = []
    for call, outcome in zip(calls, outcomes, strict=True):
        failure = outcome.failure
        if failure is not None and failure.kind == "missing" and call.on is not None:
            place = call.on.call - start
            while (owner := calls[place].on) is not None and made[owner.call - start] not in own:
                place = owner.call - start  # a number's own operator is not to blame
            by, kind = calls[place].function, made[place]
            if kind in own:
                failure = Failure("exception", failure.message, "AttributeError")
            elif kind == "NoneType":
                text = f"{by} returned None; expected a {cls}. Is a return missing?"
                failure = Failure("exception", text, "TypeError")
            else:
                text = f"{by} returned {kind}; expected a {cls}"
                failure = Failure("exception", text, "TypeError")
        if failure is not None:
            failures.append(failure)
    return failures


class _Recorder:
    """Turns an expression into calls."""

    def __init__(self, cls: str, inputs: Sequence[str], start: int) -> None:
        self.cls, self.inputs, self.start = cls, inputs, start
        self.calls: list[Call] = []
        self.leaves: dict[str, Ref] = {}
        self.names: dict[str, Ref] = {}

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
        for statement in _statements(text):
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
                value = self._visit(statement.value)
                if not isinstance(value, Ref):
                    raise DeclarationError(f"expression {text!r} assigns a plain number")
                self.names[statement.targets[0].id] = value
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
            return self.names[node.id] if node.id in self.names else self._leaf(node.id)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _OPERATIONS:
            operand = self._visit(node.operand)
            return self._method(operand, "__neg__") if isinstance(operand, Ref) else -operand
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
            self.leaves[name] = self.add(Call(self.cls, hold="all"))
        return self.leaves[name]
