"""The kind `Critic`: a checker, scored by the wrong layers it rejects less its false alarms.

It reduces what student code returns to plain outputs in `observe`, so that the ordinary comparison
with the reference decides. The layers that it is asked about are the same programs in other words:
new names, statements that do nothing, a wrapper around them.
"""

import ast
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import attrs
import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed
from autograder.exercises.fact import Fact, fact, type_of
from autograder.exercises.inputs import constant
from autograder.exercises.kinds import Function
from autograder.exercises.script import Call, Failure, Implementation, Outcome, Script


@attrs.frozen
class Critic(Function):
    """A function `(forward, backward) -> bool`, judged by what it accepts.

    Its score is the share of wrong implementations that it rejects less the share of right ones
    that it rejects (false alarms), in steps of one `rungs`-th. An exception counts as a rejection.

    Args:
        right, wrong: Name -> source of both functions, `forward` and `backward`; `{a}` and `{b}`
            stand for numbers drawn for each case, so that hidden ones differ. How the text is
            written differs, too: a checker is to be right about what a layer does, not to know it.
        rungs: Into how many equal outputs the score is cut.
    """

    right: dict[str, str] = attrs.field(kw_only=True)
    wrong: dict[str, str] = attrs.field(kw_only=True)
    rungs: int = attrs.field(default=5, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not self.right or not self.wrong:
            raise DeclarationError(f"{self.function}: right and wrong implementations are needed")
        taken = {"forward": constant(None), "backward": constant(None)}  # filled in by `script`
        rungs = tuple(f"{100 * k // self.rungs} %" for k in range(1, self.rungs + 1))
        object.__setattr__(self, "inputs", taken)
        object.__setattr__(self, "outputs", rungs)
        super().__attrs_post_init__()

    def _members(self, case: Case) -> list[tuple[str, bool, str]]:
        """Name, whether it is right, and source, in an order and with numbers of the case."""
        members = [(name, True, text) for name, text in self.right.items()]
        members += [(name, False, text) for name, text in self.wrong.items()]
        return _drawn(tuple(members), case.seed)

    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        calls = tuple(
            Call(self.function, (Implementation(text, "forward"), Implementation(text, "backward")))
            for _, _, text in self._members(case)
        )
        return Script(case.seed, calls)

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        missed, alarms = [], []
        raised: list[Failure] = []
        for (name, right, _), outcome in zip(self._members(case), outcomes, strict=True):
            if outcome.failure is not None and outcome.failure.kind != "exception":
                return {self.function: Observed(None, failure=outcome.failure, outcome=outcome)}
            accepted = outcome.failure is None and _truth(outcome.value)
            if accepted is None:
                none = "critic.none" if outcome.value is None else "critic.no_verdict"
                problem = fact(none, what=self.function, got=type_of(outcome.value))
                return {self.function: Observed(None, problem, outcome=outcome)}
            if accepted and not right:
                missed.append(name)
            elif right and not accepted:
                alarms.append(name)
                if outcome.failure is not None:
                    raised.append(outcome.failure)
        share = 1 - len(missed) / len(self.wrong) - len(alarms) / len(self.right)
        told = "; ".join([*sorted(missed), "rejected", *sorted(alarms)])
        outputs = {
            output: "reached" if share >= (k + 1) / self.rungs - 1e-9 else told
            for k, output in enumerate(self.outputs)
        }
        account = self._account(missed, alarms, raised)
        trace = raised[0].traceback if raised else ()
        seen = Observed(outputs, outcome=outcomes[-1], account=account, traceback=trace)
        return {self.function: seen}

    def _account(
        self, missed: Sequence[str], alarms: Sequence[str], raised: Sequence[Failure]
    ) -> Fact:
        """How many were judged rightly, and which were not."""
        wrong, right = len(self.wrong), len(self.right)
        if not missed and not alarms:
            return fact("critic.all", what=self.function, wrong=wrong, right=right)
        caught = wrong - len(missed)
        return fact(
            "critic.some",
            what=self.function,
            caught=caught,
            wrong=wrong,
            alarms=len(alarms),
            right=right,
            percent=round(100 * max(0.0, caught / wrong - len(alarms) / right)),
            missed=[name for name in self.wrong if name in missed],
            alarmed=[name for name in self.right if name in alarms],
            raised=len(raised),
            error=f"{raised[0].type_name}: {raised[0].message}" if raised else "",
        )


@lru_cache(maxsize=64)
def _drawn(members: tuple[tuple[str, bool, str], ...], seed: int) -> list[tuple[str, bool, str]]:
    """The members of a case, which everybody who is asked on it is given."""
    rng = np.random.default_rng([seed, 3])
    order = rng.permutation(len(members))
    numbers = rng.uniform(0.6, 1.4, (len(members), 2))
    drawn = []
    for place, (a, b) in zip(order, numbers, strict=True):
        name, right, text = members[place]
        text = text.replace("{a}", f"{a:.3f}").replace("{b}", f"{b:.3f}")
        drawn.append((name, right, rewritten(text, rng)))
    return drawn


def _truth(value: Any) -> bool | None:
    """A verdict as a boolean; None when it is none."""
    if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind == "b":
        return bool(value)
    return value if type(value) is bool else None


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_NOTHING = (
    "len({0})", "{0}.T", "{0}.sum(axis=0)", "{0}.mean(axis=0)", "np.ones_like({0})", "{0} @ {0}.T",
    "np.outer({0}, {0})", "{0}[::-1]", "np.tanh({0})", "np.where({0} > 0, {0}, 0.2)", "{0} / 2",
)  # fmt: skip
_WRAPPED = """
def _wrapped(function):
    def call(*arguments):
        return function(*arguments)
    return call
forward, backward = _wrapped(forward), _wrapped(backward)
"""


def rewritten(source: str, rng: np.random.Generator) -> str:
    """The functions of `source`, which do the same, but neither read nor compile as before.

    Every function gets all of the statements that do nothing, so which attributes and constants
    occur in it says nothing about it.
    """
    tree = ast.parse(source)
    for function in tree.body:
        if isinstance(function, ast.FunctionDef):
            _rewrite(function, rng)
    return ast.unparse(tree) + _WRAPPED


def _rewrite(function: ast.FunctionDef, rng: np.random.Generator) -> None:
    first = function.args.args[0].arg
    own = {arg.arg for arg in function.args.args}
    written = (n for n in ast.walk(function) if isinstance(n, ast.Name))
    own |= {n.id for n in written if isinstance(n.ctx, ast.Store)}
    names = {name: _word(rng) for name in sorted(own)}
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            node.arg = names[node.arg]
        elif isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
    last = function.body.pop()
    for text in rng.permutation(_NOTHING):
        lines = f"if {names[first]} is None:\n    {_word(rng)} = {text.format(names[first])}"
        place = int(rng.integers(len(function.body) + 1))
        function.body[place:place] = ast.parse(f"{lines}\n{_word(rng)} = {rng.random():.3f}").body
    function.body.append(last)


def _word(rng: np.random.Generator) -> str:
    return "_" + "".join(rng.choice(list(_LETTERS), 6))
