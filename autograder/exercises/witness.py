"""The kind `Witness`: an input that exposes a wrong backward.

It reduces what student code returns to plain outputs in `observe`, so that the ordinary comparison
with the reference decides.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import attrs
import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.arrays import as_array
from autograder.exercises.cases import Case
from autograder.exercises.exercise import Observed, read_outputs
from autograder.exercises.exposing import Card, Exposure
from autograder.exercises.fact import Fact, fact
from autograder.exercises.kinds import Function
from autograder.exercises.script import Outcome

MOST_ENTRIES = 400
ANY = "..."


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
        outputs = {"exposes": True} if found.exposed is not None else None
        seen = Observed(outputs, found.hidden, outcome=outcome, account=found.exposed)
        return {self.function: seen}

    def _examined(self, value: Any) -> Exposure:
        """What became of the returned input: exposing or, why it is not."""
        if isinstance(value, np.ndarray):  # never taken apart: its rows are not what is wanted
            said = fact("returned.array", what=self.function, wanted=list(self.returns))
            return Exposure(hidden=said)
        taken, problem = read_outputs(value, tuple(self.returns), what=self.function)
        if taken is None:
            return Exposure(hidden=problem)
        arrays = []
        for name, item in taken.items():
            array = as_array(item)
            if array is None or array.dtype.kind not in "biuf":
                return Exposure(hidden=fact("exposing.no_array", name=name))
            if array.size > MOST_ENTRIES:
                said = fact("exposing.large", name=name, size=array.size, most=MOST_ENTRIES)
                return Exposure(hidden=said)
            array = array.astype(float)
            arrays.append(array)
            if array.size == 0 or not np.isfinite(array).all():
                return Exposure(hidden=fact("exposing.not_finite", name=name))
        misshapen = self._misshapen(arrays)
        if misshapen is not None:
            return Exposure(hidden=misshapen)
        with np.errstate(all="ignore"):
            return Card.of(self.forward, self.backward, tuple(self.returns)).examine(arrays)

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
