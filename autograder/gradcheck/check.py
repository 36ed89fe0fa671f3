"""The two questions that can be asked: is this backward right, and are these values right?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autograder.gradcheck.arguments import Arguments, Array
from autograder.gradcheck.contract import ContractError, gradients_of, require_finite
from autograder.gradcheck.directions import far, nudge, scale
from autograder.gradcheck.evaluate import Evaluator, OutputError, resolution
from autograder.gradcheck.lines import Point
from autograder.gradcheck.report import ArrayReport, GradientReport
from autograder.gradcheck.summary import Outcome, localised, summarise
from autograder.gradcheck.upstreams import Upstreams
from autograder.gradcheck.verdict import Judge

Forward = Callable[..., Any]
Backward = Callable[..., Any]


def check_backward(
    forward: Forward,
    backward: Backward,
    arrays: Sequence[Any],
    upstream: Any = None,
    *,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    miss_probability: float = 1e-6,
    seed: int = 0,
    max_evaluations: int = 150,
) -> GradientReport:
    """Decide whether ``backward`` is the gradient of ``forward``.

    Args:
        forward: ``forward(*arrays)`` returns an array or a number, or a tuple of several. An
            object with a method ``many(list_of_argument_tuples)`` gets its inputs in batches.
        backward: ``backward(upstream, *arrays)`` returns one gradient per floating-point array;
            ``upstream`` is a tuple when the forward returns one.
        arrays: The arguments. Floating-point arrays are checked, everything else is held fixed.
        upstream: The upstream gradient to judge at. Left out: random and signed, or 1.0 when the
            forward returns a number.
        names: Names for messages, one per argument or per checked array; by default those in the
            forward's signature.
        tolerance: Relative error, per array, that must not be missed.
        miss_probability: How likely it may be missed.
        seed: Seed of the random lines; the same seed gives the same report.
        max_evaluations: Limit on the evaluations of the forward.

    Returns:
        The report; true exactly when the backward passed.

    Raises:
        GradcheckError: When the question itself is wrong: an upstream of another shape, say.

    Example:
        >>> report = check_backward(
        ...     lambda x, w: x @ w,
        ...     lambda dout, x, w: (dout @ w.T, x.T @ dout),
        ...     [np.arange(6.0).reshape(2, 3), np.ones((3, 4))],
        ... )
        >>> report.verdict, report.arrays["w"].certified < 1e-6
        ('pass', True)
    """
    return _Check(
        forward,
        arrays,
        upstream,
        names,
        tolerance,
        miss_probability,
        seed,
        max_evaluations,
        backward=backward,
    ).report()


def check_gradient(
    forward: Forward,
    arrays: Sequence[Any],
    upstream: Any,
    gradients: Any,
    *,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-6,
    miss_probability: float = 1e-6,
    seed: int = 0,
    max_evaluations: int = 150,
) -> GradientReport:
    """Decide whether ``gradients`` are right, when only their values are known.

    As `check_backward`, but for one upstream gradient, and at one input only: at a kink, or where
    the forward is saturated, the answer is more often "inconclusive".

    Args:
        forward: As in `check_backward`.
        arrays: The arguments at which the gradients were computed.
        upstream: The upstream gradient that they were computed for; None when the forward returns
            a number.
        gradients: One gradient per floating-point array.
        names: As in `check_backward`.
        tolerance: As in `check_backward`.
        miss_probability: As in `check_backward`.
        seed: As in `check_backward`.
        max_evaluations: As in `check_backward`.

    Returns:
        The report.

    Example:
        >>> x = np.array([1.0, 2.0, 3.0])
        >>> check_gradient(lambda x: np.sum(x**2), [x], None, [x]).verdict
        'fail'
    """
    return _Check(
        forward,
        arrays,
        upstream,
        names,
        tolerance,
        miss_probability,
        seed,
        max_evaluations,
        gradients=gradients,
    ).report()


class _Check:
    """One run: contract, the point given, and other points where that one cannot decide."""

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
        judge = self._judge(point, limit if self.backward is None else int(0.4 * limit))
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
            judge = self._judge(point, int(share * self.evaluator.limit))
            outcome.hear(judge.run(), judge, far)

    def _try_point(self, arrays: list[Array]) -> Point | None:
        try:
            return self._point(arrays)
        except (OutputError, ContractError):
            return None

    def _judge(self, point: Point, share: int) -> Judge:
        tremble = None if self.backward is None else lambda: self._tremble(point)
        return Judge(
            self.evaluator, point, self.rng, self.tolerance, self.probability, tremble, share
        )

    def _given_point(self) -> Point:
        """The input as given; narrow numbers are widened where the forward allows it."""
        base, kept = self.evaluator.base(self.arguments.arrays)
        if not kept:
            self.notes.append("the forward changes its arguments in place")
        self.upstreams.fit(self.evaluator, base)
        first = self._gradients(self.arguments.arrays, 0)
        require_finite(first, self.arguments)
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

    def _wide_point(self, narrow_base: Array) -> Point | None:
        arrays = [array.astype(np.float64) for array in self.arguments.arrays]
        point = self._try_point(arrays)
        if point is None:
            return None
        largest = float(np.max(np.abs(narrow_base), initial=0.0))
        if not np.allclose(point.base, np.nan_to_num(narrow_base), rtol=1e-2, atol=1e-3 * largest):
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

    def _gradients(self, arrays: Sequence[Array], k: int) -> list[Array]:
        if self.backward is None:
            return gradients_of(self.values, self.arguments)
        handed = self.arguments.fresh(arrays)
        upstream = self.upstreams.handed(k, self.evaluator)
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

    def _tremble(self, point: Point) -> list[list[Array]]:
        """The gradients at an input moved by about one rounding error per entry."""
        arrays = [
            (a * (1.0 + np.finfo(a.dtype).eps * self.rng.choice([-1.0, 1.0], a.shape))).astype(
                a.dtype
            )
            for a in point.arrays
        ]
        moved = []
        for k in range(len(self.upstreams)):
            try:
                self.evaluator.base(arrays)
                moved.append([g.astype(np.float64) for g in self._gradients(arrays, k)])
            except (OutputError, ContractError):
                moved.append(point.gradients[k])
        return moved


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
