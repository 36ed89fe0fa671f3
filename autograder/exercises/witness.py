"""The kind `Witness`: an input that exposes a wrong backward.

It reduces what student code returns to plain outputs in `observe`, so that the ordinary comparison
with the reference decides. The numerical gradient of the given forward, at that very input, tells
whether it exposes the backward and, if it does not, what about it hides the mistake.

`Critic` is a checker, scored by the wrong layers it rejects less its false alarms. It reduces what
student code returns to plain outputs in `observe`, so that the ordinary comparison with the
reference decides. The layers that it is asked about are the same programs in other words: new
names, statements that do nothing, a wrapper around them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import FunctionType
from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed, read_outputs
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
    return "_" + "".join([_LETTERS[i] for i in rng.integers(len(_LETTERS), size=6)])


if TYPE_CHECKING:
    from autograder.numerical import Measured

MOST_ENTRIES = 400
ANY = "..."
APART = 1e-4
"""A gradient further off than this share of its size is wrong: numerical ones err far less."""
TRIES = 12
SMALL = 0.01


def _source(function: Callable[..., Any] | str) -> str:
    """The source of a function; a text is one already."""
    return function if isinstance(function, str) else inspect.getsource(function)


@attrs.frozen
class Witness(Function):
    """A function without arguments that returns an input on which a given backward is wrong.

    It is judged by the slope of the given forward at that very input, so no right backward is
    needed, none ships, and every exposing input counts.

    Args:
        forward, backward: Sources of the layer under suspicion: `forward(*arrays) -> out, cache`
            and `backward(dout, cache) -> gradients`, one for each array.
        returns: Name -> shape of what the student returns, such as `"N D"`, or `"..."` for any:
            the arrays, then the upstream gradient.
    """

    forward: str = attrs.field(converter=_source, kw_only=True)
    backward: str = attrs.field(converter=_source, kw_only=True)
    returns: dict[str, str] = attrs.field(kw_only=True)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.returns, Mapping) or len(self.returns) < 2:
            raise DeclarationError(
                f"{self.function}: returns is {self.returns!r}; expected name -> shape of each "
                'array and of the upstream gradient, such as {"x": "N D", "dout": "N D"}'
            )
        object.__setattr__(self, "outputs", ("exposes",))
        super().__attrs_post_init__()

    @property
    def room(self) -> int:
        """The arrays that are returned may all be nested lists."""
        return 2 * MOST_ENTRIES * len(self.returns)

    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        outcome = outcomes[0]
        if outcome.failure is not None:
            return {self.function: Observed(None, failure=outcome.failure, outcome=outcome)}
        found = self._examined(outcome.value)
        if not found.name.startswith("exposed."):
            return {self.function: Observed(None, found, outcome=outcome)}
        return {self.function: Observed({"exposes": True}, outcome=outcome, account=found)}

    def _examined(self, value: Any) -> Fact:
        """How the returned input exposes the layer (`exposed.…`), or why it does not."""
        if isinstance(value, np.ndarray):  # never taken apart: its rows are not what is wanted
            return fact("returned.array", what=self.function, wanted=list(self.returns))
        taken, problem = read_outputs(value, tuple(self.returns), what=self.function)
        if taken is None:
            assert problem is not None
            return problem
        arrays = []
        for name, item in taken.items():
            array = as_array(item)
            if array is None or array.dtype.kind not in "biuf":
                return fact("exposing.no_array", name=name)
            if array.size > MOST_ENTRIES:
                return fact("exposing.large", name=name, size=array.size, most=MOST_ENTRIES)
            array = array.astype(float)
            arrays.append(array)
            if array.size == 0 or not np.isfinite(array).all():
                return fact("exposing.not_finite", name=name)
        card = Card(_defined(self.forward), _defined(self.backward), tuple(self.returns))
        with np.errstate(all="ignore"):
            return self._misshapen(arrays) or card.examine(arrays)

    def _misshapen(self, arrays: Sequence[np.ndarray]) -> Fact | None:
        """The first array that does not have the shape that was declared."""
        sizes: dict[str, tuple[int, str]] = {}
        for name, array in zip(self.returns, arrays, strict=True):
            letters = self.returns[name].split()
            if letters == [ANY]:
                continue
            wanted = f"({', '.join(letters)}{',' if len(letters) == 1 else ''})"
            if array.ndim != len(letters):
                return fact("exposing.axes", name=name, shape=array.shape, form=wanted)
            for letter, size in zip(letters, array.shape, strict=True):
                known, where = sizes.setdefault(letter, (size, name))
                if size != known:
                    return fact(
                        "exposing.size", name=name, shape=array.shape, form=wanted, where=where,
                        letter=letter, known=known,
                    )  # fmt: skip
        return None


@dataclass(frozen=True)
class Card:
    """A layer under suspicion.

    Args:
        forward, backward: `forward(*arrays) -> out, cache`; `backward(dout, cache) -> gradients`.
        names: What the arrays are called, then the upstream gradient.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    names: tuple[str, ...]

    def examine(self, arrays: Sequence[np.ndarray]) -> Fact:
        """How the card is wrong on an input (`exposed.…`), or why the input exposes nothing.

        Args:
            arrays: The inputs of the forward, then the upstream gradient; floats.
        """
        from autograder.numerical import numerical_gradients  # no part of the sandboxed child

        *inputs, dout = arrays
        last = self.names[-1]
        try:
            out = self.forward(*(array.copy() for array in inputs))[0]
        except Exception as error:  # shapes that do not fit together
            return fact("exposing.not_taken", error=str(error))
        if np.shape(out) != dout.shape:
            shapes = {"shape": dout.shape, "out": np.shape(out)}
            return fact("exposing.dout_shape", name=last, **shapes)
        if not np.isfinite(dout).all():
            return fact("exposing.not_finite", name=last)
        measured = numerical_gradients(self._out, inputs, dout)
        exposed = self._wrong(inputs, dout, measured)
        if exposed is not None:
            return exposed
        for name, array in zip(self.names, measured, strict=False):
            if (array.kinked & (array.bound > APART * _largest(array.gradient))).any():
                return fact("exposing.kink", name=name)
        return self._what_hides_it(list(arrays))

    def _wrong(
        self, inputs: Sequence[np.ndarray], dout: np.ndarray, right: Sequence[Measured]
    ) -> Fact | None:
        """How the card is wrong there; None when it is right."""
        grads = self._claimed(inputs, dout)
        if isinstance(grads, Fact):
            return grads
        for place, (array, grad) in enumerate(zip(right, grads)):
            label = f"d{self.names[place]}"
            gap = np.abs(grad - array.gradient)
            size = max(_largest(array.gradient), _largest(grad))
            beyond = np.where(array.kinked, -np.inf, gap - array.bound)
            if (beyond > APART * size).any():
                i = np.unravel_index(int(np.argmax(beyond)), gap.shape)
                where = f"{label}[{', '.join(map(str, i))}]" if i else label
                said, true = float(np.asarray(grad)[i]), float(array.gradient[i])
                return fact("exposed.value", card=self._name, where=where, says=said, measured=true)
        return None

    @property
    def _name(self) -> str:
        return getattr(self.backward, "__name__", "the card")

    def _out(self, *inputs: np.ndarray) -> Any:
        return self.forward(*inputs)[0]

    def _claimed(self, inputs: Sequence[np.ndarray], dout: np.ndarray) -> Sequence[Any] | Fact:
        """What the card takes for the gradients; or how they are wrong in form."""
        _, cache = self.forward(*(array.copy() for array in inputs))
        try:
            grads = self.backward(dout.copy(), cache)
        except Exception as error:
            return fact("exposed.raises", card=self._name, error=type(error).__name__)
        grads = grads if isinstance(grads, (tuple, list)) else (grads,)
        for name, array, grad in zip(self.names, inputs, grads, strict=False):
            if np.shape(grad) != array.shape:
                shapes = {"shape": np.shape(grad), "expected": array.shape}
                return fact("exposed.shape", card=self._name, name=f"d{name}", **shapes)
        return grads

    def _what_hides_it(self, arrays: list[np.ndarray]) -> Fact:
        """What would expose it: other numbers in one array, in several, or only other shapes."""
        ways = [self._way_out(arrays, place) for place in range(len(arrays))]
        ways = [way for way in ways if way is not None]
        if ways:
            return fact("exposing.hidden_by", ways=ways)
        every = set(range(len(arrays)))
        if any(self._exposes(_with(arrays, every, seed)) for seed in range(TRIES)):
            return fact("exposing.hidden_by_several")
        return fact("exposing.hidden_by_shapes")

    def _way_out(self, arrays: Sequence[np.ndarray], place: int) -> Fact | None:
        """How the numbers of one array would have to change; None when it is not to blame."""
        name, array = self.names[place], arrays[place]
        smaller = [np.asarray(a * SMALL) if i == place else a for i, a in enumerate(arrays)]
        if place < len(arrays) - 1 and self._exposes(smaller):  # a small dout shows no more
            return fact("way.smaller", name=name)
        if not any(self._exposes(_with(arrays, {place}, seed)) for seed in range(TRIES)):
            return None
        special = trait(array)
        return fact(f"way.{special}" if special else "way.other", name=name)

    def _exposes(self, arrays: Sequence[np.ndarray]) -> bool:
        from autograder.numerical import check_gradient

        *inputs, dout = arrays
        grads = self._claimed(inputs, dout)
        if isinstance(grads, Fact):
            return True
        return check_gradient(self._out, inputs, dout, grads).verdict == "fail"


def _largest(array: np.ndarray) -> float:
    return float(np.max(np.abs(array), initial=0.0))


def trait(array: np.ndarray) -> str:
    """What is special about the numbers of an array; empty when nothing is.

    Example:
        >>> trait(np.ones(3)), trait(np.array([1.0, -2.0]))
        ('ones', '')
    """
    rows = array.reshape(len(array), -1) if array.ndim > 1 else array
    traits = {
        "zeros": not array.any(),
        "ones": (array == 1).all(),
        "zero_row": array.ndim > 1 and not rows.any(axis=1).all(),
        "some_zeros": not array.all(),
        "positive": (array > 0).all(),
        "negative": (array < 0).all(),
    }
    return next((name for name, holds in traits.items() if holds), "")


def _with(arrays: Sequence[np.ndarray], places: set[int], seed: int) -> list[np.ndarray]:
    """The arrays, some of them with other numbers: small, with signs."""
    rng = np.random.default_rng(seed)
    return [
        np.asarray(rng.normal(size=a.shape)) if i in places else a for i, a in enumerate(arrays)
    ]


def _defined(source: str) -> Callable[..., Any]:
    """The function that an instructor's source defines."""
    own: dict[str, Any] = {"np": np}
    exec(compile(source, "<card>", "exec"), own)
    return next(value for value in own.values() if isinstance(value, FunctionType))
