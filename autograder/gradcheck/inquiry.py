"""One inquiry: the contract, the input given, and other inputs where that one cannot decide."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.gradcheck.arguments import Arguments, Array
from autograder.gradcheck.contract import (
    ContractError,
    NotFiniteError,
    gradients_of,
    require_finite,
)
from autograder.gradcheck.directions import far, nudge, scale
from autograder.gradcheck.evaluate import Evaluator, OutputError, resolution
from autograder.gradcheck.lines import Point
from autograder.gradcheck.report import ArrayReport, GradientReport
from autograder.gradcheck.summary import Outcome, localised, summarise
from autograder.gradcheck.upstreams import Upstreams
from autograder.gradcheck.verdict import Judge

Forward = Callable[..., Any]
Backward = Callable[..., Any]


class Inquiry:
    """One question, from the arguments to the report.

    Args:
        forward: As in `check_backward`.
        arrays: As in `check_backward`.
        upstream: As in `check_backward`.
        names: As in `check_backward`.
        tolerance: As in `check_backward`.
        probability: Chance of missing an error that is allowed.
        seed: As in `check_backward`.
        limit: As ``max_evaluations`` in `check_backward`.
        backward: The backward to judge, or None when only values are known.
        gradients: The values to judge then.
    """

    def __init__(
        self,
        forward: Forward,
        arrays: Sequence[Any],
        upstream: Any,
        names: Sequence[str] | None,
        tolerance: float,
        probability: float,
        seed: int,
        limit: int,
        backward: Backward | None = None,
        gradients: Any = None,
    ) -> None:
        self.arguments = Arguments(arrays, names, forward)
        self.evaluator = Evaluator(forward, self.arguments, limit)
        self.backward = backward
        self.values = gradients
        self.rng = np.random.default_rng(seed)
        self.upstreams = Upstreams(upstream, self.rng, only_given=backward is None)
        self.tolerance, self.probability = tolerance, probability
        self.notes: list[str] = []

    def report(self) -> GradientReport:
        """Answer."""
        with np.errstate(all="ignore"):  # what overflows here is judged, not warned of
            return self._report()

    def _report(self) -> GradientReport:
        try:
            outcome = self._outcome()
        except OutputError as error:
            return self._stop("inconclusive", f"{error}. No gradient can be judged there.")
        except ContractError as error:
            return self._stop("fail", str(error), error.name)
        judge = outcome.judge
        places = localised(judge)
        return summarise(
            outcome,
            self.arguments.names,
            places,
            judge.evidence.tolerance,
            self.probability,
            self.evaluator.evaluations,
            self.notes,
        )

    def _stop(self, verdict: Any, reason: str, name: str | None = None) -> GradientReport:
        arrays = {
            n: ArrayReport(verdict if name in (None, n) else "inconclusive", found=np.inf)
            for n in self.arguments.names
        }
        return GradientReport(
            verdict, reason, arrays, self.evaluator.evaluations, tuple(self.notes)
        )

    # --- points --------------------------------------------------------------------------------

    def _outcome(self) -> Outcome:
        point = self._given_point()
        limit = self.evaluator.limit
        judge = self._judge(point, limit if self.backward is None else limit // 2)
        outcome = Outcome(judge.run(), judge)
        if self.backward is None:
            return outcome
        if outcome.needs_nudge() and self.evaluator.affords(14):
            moved = self._try_point([nudge(self.rng, array) for array in point.arrays])
            self._hear(outcome, moved, far=False)
        if outcome.needs_far() and self.evaluator.affords(17):
            midway, *others = far(self.rng, point.arrays)
            if any(opinion.empty for opinion in outcome.opinions):
                self._hear(outcome, self._try_point(midway), far=True, share=0.7)
            if outcome.needs_far() and self.evaluator.affords(17):
                points = [self._try_point(arrays) for arrays in others]
                telling = [p for p in points if p is not None]
                self._hear(outcome, max(telling, key=_balance, default=None), far=True)
        return outcome

    def _hear(self, outcome: Outcome, point: Point | None, far: bool, share: float = 1.0) -> None:
        if point is not None:
            settled = [i for i, o in enumerate(outcome.opinions) if o.verdict == "pass"]
            accused = any(o.verdict == "fail" for o in outcome.opinions)
            focus = [i for i in range(len(point.arrays)) if accused or i not in settled]
            judge = self._judge(point, int(share * self.evaluator.limit), focus)
            outcome.hear(judge.run(), judge, far)

    def _try_point(self, arrays: list[Array]) -> Point | None:
        try:
            return self._point(arrays)
        except (OutputError, ContractError):
            return None

    def _judge(self, point: Point, share: int, focus: Sequence[int] | None = None) -> Judge:
        tremble = None if self.backward is None else lambda size: self._tremble(point, size)
        return Judge(
            self.evaluator,
            point,
            self.rng,
            self.tolerance,
            self.probability,
            tremble,
            share,
            focus,
        )

    def _given_point(self) -> Point:
        """The input as given; narrow numbers are widened where the forward allows it."""
        base, kept = self.evaluator.base(self.arguments.arrays)
        if not kept:
            self.notes.append("the forward changes its arguments in place")
        self.upstreams.fit(self.evaluator, base)
        first = self._gradients(self.arguments.arrays, 0)
        self._require_finite(first)
        again, _ = self.evaluator.base(self.arguments.arrays)
        if not np.array_equal(base, again, equal_nan=True):
            raise OutputError(
                "the forward returned something else when it was called again with the same "
                "arguments (is it random? fix its seed)"
            )
        narrow = any(a.dtype.itemsize < 8 for a in self.arguments.arrays)
        if narrow:
            wide = self._wide_point(base)
            if wide is not None:
                return wide
        rest = [self._gradients(self.arguments.arrays, k) for k in range(1, len(self.upstreams))]
        return self._assemble(self.arguments.arrays, base, [first, *rest])

    def _require_finite(self, gradients: list[Array]) -> None:
        """Refuse inf and NaN, but for an infinite slope at the edge of where the forward lives."""
        try:
            require_finite(gradients, self.arguments)
        except NotFiniteError as error:
            arrays = self.arguments.arrays
            i = self.arguments.names.index(error.name or "")
            nearby = []
            for sign in (1.0, -1.0):
                moved = np.array(arrays[i])
                moved[error.index] += sign * 2.0**-10 * scale(arrays[i])
                nearby.append([*arrays[:i], moved, *arrays[i + 1 :]])
            if error.infinite and not np.all(np.isfinite(self.evaluator.many(nearby))):
                raise OutputError(
                    f"the gradient of {error.name} is infinite at {list(error.index)}, and the "
                    "forward is not finite next to it"
                ) from error
            raise

    def _wide_point(self, narrow_base: Array) -> Point | None:
        arrays = [array.astype(np.float64) for array in self.arguments.arrays]
        point = self._try_point(arrays)
        if point is None:
            return None
        near = 1e-3 * _largest(narrow_base)
        if not np.allclose(point.base, np.nan_to_num(narrow_base), rtol=1e-2, atol=near):
            return None
        return point

    def _point(self, arrays: list[Array]) -> Point:
        gradients = []
        base = np.zeros(0)
        for k in range(len(self.upstreams)):
            base, _ = self.evaluator.base(arrays)  # some caches serve one backward only
            gradients.append(self._gradients(arrays, k))
        return self._assemble(arrays, base, gradients)

    def _assemble(self, arrays: list[Array], base: Array, gradients: list[list[Array]]) -> Point:
        kinds = [g.dtype for g in gradients[0]]
        every = np.concatenate([np.zeros(0), *(g.ravel() for gs in gradients for g in gs)])
        return Point(
            list(arrays),
            np.where(np.isfinite(base), base, 0.0),
            self.upstreams.flat,
            [[g.astype(np.float64) for g in gs] for gs in gradients],
            gradient_epsilon=resolution(every, kinds),
        )

    # --- gradients -----------------------------------------------------------------------------

    def _gradients(
        self, arrays: Sequence[Array], k: int, factors: Array | float = 1.0
    ) -> list[Array]:
        if self.backward is None:
            return gradients_of(self.values, self.arguments)
        handed = self.arguments.fresh(arrays)
        upstream = self.upstreams.handed(k, self.evaluator, factors)
        with np.errstate(all="ignore"):
            try:
                returned = self.backward(upstream, *handed)
                if not isinstance(returned, np.ndarray | dict | str) and hasattr(
                    returned, "__next__"
                ):
                    returned = list(returned)
            except Exception as error:  # whatever a student's code raises
                raise ContractError(
                    f"the backward raised {type(error).__name__}: {error}"
                ) from error
        return gradients_of(returned, self.arguments)

    def _tremble(self, point: Point, size: float) -> list[list[Array]]:
        """The gradients when input and upstream move by `size` rounding errors per entry.

        Raises:
            ContractError: When they differ without that too.
        """
        self.evaluator.base(point.arrays)
        self._require_same(point.gradients[0], self._gradients(point.arrays, 0))
        arrays = [(a * self._near_one(a, size)).astype(a.dtype) for a in point.arrays]
        moved = []
        for k, upstream in enumerate(self.upstreams.flat):
            try:
                self.evaluator.base(arrays)
                moved.append(
                    [
                        g.astype(float)
                        for g in self._gradients(arrays, k, self._near_one(upstream, size))
                    ]
                )
            except (OutputError, ContractError):
                moved.append(point.gradients[k])
        return moved

    def _near_one(self, array: Array, size: float) -> Array:
        """A factor of 1 plus or minus `size` rounding errors for each entry."""
        signs = self.rng.choice([-1.0, 1.0], array.shape)
        return np.asarray(1.0 + size * np.finfo(array.dtype).eps * signs)

    def _require_same(self, first: list[Array], second: list[Array]) -> None:
        """What is random is no gradient of a forward that is not."""
        for name, one, other in zip(self.arguments.names, first, second, strict=True):
            if not np.allclose(one, other, rtol=1e-3, atol=1e-3 * _largest(one), equal_nan=True):
                raise ContractError(
                    f"the backward returned another gradient of {name} when it was called again "
                    "with the same arguments (does it draw random numbers that the forward drew "
                    "already?)",
                    name,
                )


def _largest(array: Array) -> float:
    """The largest finite entry in absolute value; 0 when there is none."""
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array)))


def _balance(point: Point) -> float:
    """The smallest gradient against the output, both for steps as long as the input itself."""
    output = float(np.linalg.norm(point.upstreams[0] * point.base))
    if not np.all(np.isfinite(point.base)) or output == 0:
        return 0.0
    sizes = [
        scale(array) * float(np.linalg.norm(gradient))
        for array, gradient in zip(point.arrays, point.gradients[0])
    ]
    smallest = min(sizes, default=0.0) / output
    return smallest if np.isfinite(smallest) else 0.0
