"""One inquiry: the contract, the input given, and other inputs where that one cannot decide."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.language import Told
from autograder.numerical.contract import (
    ContractError,
    NotFiniteError,
    gradients_of,
    require_finite,
)
from autograder.numerical.directions import Upstreams, exponent, far, integers, nudge, whole
from autograder.numerical.evaluate import Arguments, Array, Evaluator, OutputError, flat, resolution
from autograder.numerical.judge import Judge
from autograder.numerical.localise import localised
from autograder.numerical.probe import Point, Probe
from autograder.numerical.report import ArrayReport, GradientReport, Opinion, summarise

POWERS = range(-46, 3, 2)


def v_curve(
    evaluator: Evaluator, point: Point, names: list[str], seed: int
) -> tuple[Array, dict[str, Array]]:
    """Compare central differences along one line per array with the gradients.

    To the right the function bends, to the left rounding grows; in the valley between them a right
    gradient agrees. A wrong one has no valley.

    Returns:
        steps: Relative to the size of the arrays.
        errors: Per array the relative difference at each step; NaN where nothing can be said.
    """
    rng, errors = np.random.default_rng(seed), {}
    evaluator.share = evaluator.evaluations + 2 * len(POWERS) * len(names)
    with np.errstate(all="ignore"):
        for i, name in enumerate(names):
            probe = Probe.random(point, rng, [i], 1)
            outputs = probe.outputs(
                evaluator, [(power, side) for power in POWERS for side in (1, -1)]
            )
            above, below = outputs[::2, 0], outputs[1::2, 0]
            steps = 2.0 ** np.array(POWERS)
            slopes = ((above - below) @ point.weights[0]) / (2.0 * steps)
            size = max(float(probe.sizes[0, i]), float(np.nanmedian(np.abs(slopes))))
            errors[name] = np.abs(slopes - probe.projection[0, 0]) / (size or np.nan)
    return 2.0 ** np.array(POWERS), errors


Forward = Callable[..., Any]
Backward = Callable[..., Any]
MOVED = {
    "far": Told("the input given could not decide; judged also at an input of ordinary size"),
    "nudged": Told(
        "the input given could not decide; judged also at an input moved by one per cent"
    ),
}
TIES = 6  # outputs on a kink that are asked for one by one


class Inquiry:
    """One question, from the arguments to the report.

    Args:
        forward, arrays, upstream, names, tolerance, seed: As in `check_backward`.
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
        limit: int,
        tolerance: float = 1e-6,
        seed: int = 0,
        backward: Backward | None = None,
        gradients: Any = None,
    ) -> None:
        self.arguments = Arguments(arrays, names, forward)
        self.evaluator = Evaluator(forward, self.arguments, limit)
        self.backward = backward
        self.values = gradients
        self.rng = np.random.default_rng(seed)
        self.upstreams = Upstreams(upstream, self.rng, only_given=backward is None)
        self.tolerance = tolerance
        self.notes: list[Told] = []
        self.moved = ""
        self.opinions: list[Opinion] = []

    def report(self) -> GradientReport:
        """Answer."""
        with np.errstate(all="ignore"):  # what overflows here is judged, not warned of
            return self._report()

    def _report(self) -> GradientReport:
        try:
            self._judge_points()
        except OutputError as error:
            told = Told("{error}. No gradient can be judged there.", error=error)
            return self._stop("inconclusive", told)
        except ContractError as error:
            return self._stop("fail", error, error.name)
        if self.moved:
            self.notes.append(MOVED[self.moved])
        for name in self.arguments.ignored:
            self.notes.append(
                Told(
                    "{name} holds integers, which cannot move a little: its gradient is not "
                    "checked",
                    name=name,
                )
            )
        return summarise(
            dict(zip(self.arguments.names, self.opinions, strict=True)),
            localised(self.judge),
            self.judge.tolerance,
            self.evaluator.evaluations,
            self.notes,
            partial(v_curve, self.evaluator, self.judge.point, self.arguments.names, 0),
        )

    def _stop(self, verdict: Any, why: object, name: str | None = None) -> GradientReport:
        arrays = {
            n: ArrayReport(verdict if name in (None, n) else "inconclusive", found=np.inf)
            for n in self.arguments.names
        }
        spent = self.evaluator.evaluations
        return GradientReport(verdict, arrays, spent, tuple(self.notes), stopped=why)

    # --- points --------------------------------------------------------------

    def _judge_points(self) -> None:
        """Judge at the input given, and elsewhere what cannot be seen there."""
        point = self._given_point()
        limit = self.evaluator.limit
        self.judge = self._judge(point, limit if self.backward is None else limit // 2)
        self.opinions = self.judge.run()
        if self.backward is None:
            return
        if self.judge.kinked and self._verdicts() != {"pass"} and self.evaluator.affords(14):
            self._examine_ties(point)
            for _ in range(2):  # the first may leave a maximum on one side only
                self._hear(self._try_point([nudge(self.rng, a) for a in point.arrays]), "nudged")
                if "inconclusive" not in self._verdicts() or not self.evaluator.affords(14):
                    break
        if self._needs_far():
            midway, ordinary = far(self.rng, point.arrays)
            if any(o.saturated and not o.idle for o in self.opinions):
                self._hear(self._try_point(midway), "far", share=0.7)
            if self._needs_far():
                self._hear(self._try_point(ordinary), "far")

    def _verdicts(self) -> set[str]:
        return {opinion.verdict for opinion in self.opinions}

    def _needs_far(self) -> bool:
        """Saturation: only a long way off there is something to see."""
        verdicts = self._verdicts()
        open_ = "inconclusive" in verdicts and "fail" not in verdicts
        return open_ and self.evaluator.affords(17)

    def _hear(self, point: Point | None, moved: str, share: float = 1.0) -> None:
        """Judge at another point what is open here, and weigh both opinions, array by array."""
        if point is None:
            return
        accused = "fail" in self._verdicts()
        focus = [i for i, o in enumerate(self.opinions) if accused or o.verdict != "pass"]
        judge = self._judge(point, int(share * self.evaluator.limit), focus)
        others = judge.run()
        for other, power in zip(others, point.exponents):
            other.idle &= abs(power) <= 4  # what is tiny or vast may move nothing, and matter
        merged = [_weigh(own, other) for own, other in zip(self.opinions, others)]
        if not accused and any(opinion.verdict == "fail" for opinion in merged):
            self.judge = judge
        if merged != self.opinions:
            self.moved = moved
        self.opinions = merged

    def _examine_ties(self, point: Point) -> None:
        """Ask for single outputs that are on a kink: is the slope between those of both sides?

        A whole upstream lets many kinks add up to more than a wrong slope at one of them.
        """
        probe = next((p for p in self.judge.probes if len(p.slopes) > 1), None)
        if probe is None or not probe.ties().any():
            return
        powers = [slope.power for slope in probe.slopes]
        if self.evaluator.affords(36 + 50):
            probe = Probe.random(point, self.rng, probe.moved, 3)
            probe.measure(self.evaluator, max(powers))
            probe.measure(self.evaluator, min(powers))
        on = np.argwhere(probe.ties().any(axis=0)).ravel()
        places = point.heard
        for j in self.rng.permutation(on)[:TIES]:
            if not self.evaluator.affords(1):
                return
            single = np.zeros(self.upstreams.flat[0].size)
            single[places[j]] = self.upstreams.flat[0][places[j]]
            self.evaluator.base(point.arrays)
            gradients = self._gradients(point.arrays, 0, single / self.upstreams.flat[0])
            alone = self._assemble(point.arrays, self._base, [gradients], [single])
            alone.epsilon = point.epsilon
            again = Probe(alone, probe.directions, probe.scale)
            again.slopes = [
                slope._replace(
                    **{
                        part: np.ldexp(getattr(slope, part)[:, [j]], point.powers[j] - alone.powers)
                        for part in ("value", "bend", "jump", "rounding")
                    }
                )
                for slope in probe.slopes
            ]
            again.read()
            if self._judge(alone, self.evaluator.limit).contradicts(again):
                for i in probe.moved:
                    self.opinions[i].contradicted = True
                return

    def _try_point(self, arrays: list[Array]) -> Point | None:
        try:
            return self._point(arrays)
        except (OutputError, ContractError):
            return None

    def _judge(self, point: Point, share: int, focus: Sequence[int] | None = None) -> Judge:
        tremble = None if self.backward is None else lambda size: self._tremble(point, size)
        return Judge(self.evaluator, point, self.rng, self.tolerance, tremble, share, focus)

    def _given_point(self) -> Point:
        """The input as given; narrow numbers are widened where the forward allows it."""
        base, kept = self.evaluator.base(self.arguments.arrays)
        if not kept:
            self.notes.append(Told("the forward changes its arguments in place"))
        self.upstreams.fit(self.evaluator, base)
        if self.evaluator.shapes == [()] and whole(self.evaluator):
            self.evaluator.base([nudge(self.rng, a) for a in self.arguments.arrays])
            if whole(self.evaluator):  # no loss that just happens to be 0 here
                raise integers(self.evaluator)
        first = self._gradients(self.arguments.arrays, 0)
        self._require_finite(first)
        if any(_largest(g) > np.ldexp(np.finfo(g.dtype).max, -14) for g in first):
            self.upstreams.lessen()
        again, _ = self.evaluator.base(self.arguments.arrays)
        self._base = base
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
                moved[error.index] += sign * np.ldexp(1.0, exponent(arrays[i]) - 10)
                nearby.append([*arrays[:i], moved, *arrays[i + 1 :]])
            if error.infinite and not np.all(np.isfinite(self.evaluator.many(nearby))):
                raise OutputError(
                    "the gradient of {error.name} is infinite at {index}, and the forward is "
                    "not finite next to it",
                    error=error,
                    index=list(error.index),
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

    def _assemble(
        self,
        arrays: list[Array],
        base: Array,
        gradients: list[list[Array]],
        upstreams: list[Array] | None = None,
    ) -> Point:
        parts = self.evaluator.split(np.where(np.isfinite(base), base, 0.0))
        rows = np.array([flat(row) for row in gradients])
        epsilon = resolution(rows, [g.dtype for g in gradients[0]])
        return Point(arrays, parts, upstreams or self.upstreams.flat, rows, epsilon)

    # --- gradients -----------------------------------------------------------

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
                kind = type(error).__name__
                raise ContractError(
                    "the backward raised {type}: {error}", type=kind, error=error
                ) from error
        return gradients_of(returned, self.arguments)

    def _tremble(self, point: Point, size: float) -> Array:
        """The gradients when input and upstream move by `size` rounding errors per entry.

        Raises:
            ContractError: When they differ without that too.
        """
        self.evaluator.base(point.arrays)
        again = self._gradients(point.arrays, 0)
        places = np.cumsum([0, *(array.size for array in point.arrays)])
        first = [point.gradients[0, a:b] for a, b in pairwise(places)]
        self._require_same(first, [g.ravel() for g in again])
        arrays = [(a * self._near_one(a, size)).astype(a.dtype) for a in point.arrays]
        moved = point.gradients.copy()
        for k, upstream in enumerate(self.upstreams.flat):
            try:
                self.evaluator.base(arrays)
                moved[k] = flat(self._gradients(arrays, k, self._near_one(upstream, size)))
            except (OutputError, ContractError):
                pass
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
                    "the backward returned another gradient of {name} when it was called again "
                    "with the same arguments (does it draw random numbers that the forward "
                    "drew already?)",
                    name=name,
                )


def _largest(array: Array) -> float:
    """The largest finite entry in absolute value; 0 when there is none."""
    return float(np.max(np.abs(array), initial=0.0, where=np.isfinite(array)))


def _weigh(own: Opinion, other: Opinion) -> Opinion:
    """What is known of an array, from here and from elsewhere.

    What was found here is never cleared elsewhere: it fails or stays open. Only where kinks explain
    it is a right gradient elsewhere the better evidence.
    """
    clears = other.verdict == "pass" and not other.hollow
    if own.verdict == "pass" or (own.verdict == "fail" and not clears):
        return own
    if own.contradicted and other.verdict != "fail":
        return own
    if other.verdict == "fail" or clears:
        return replace(
            own,
            verdict=other.verdict,
            certified=other.certified,
            idle=False,
            found=other.found if other.verdict == "fail" else own.found,
        )
    return replace(own, verdict="pass") if own.idle and other.idle else own
