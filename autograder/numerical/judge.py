"""The verdict at one point: does any line object, and is every array certified?

1. Two lines that move all arrays together. On plain inputs this already decides.
2. An objection is looked into before it is believed: the steps must be shorter by far, the lines
   fresh, each array alone, and once with steps in proportion to each entry; it must exceed what
   rounding errors in the input do to the gradient itself.
3. The arrays that are not certified yet are moved without the others: a small gradient cannot be
   seen beside a large one.
4. Where each line says something but two don't say enough, more lines are drawn.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from autograder.numerical.certainty import EXCESS, MARGINS, MISSED, certified_error
from autograder.numerical.directions import entry_exponents, exponent, tiny
from autograder.numerical.evaluate import SINGLE, Array, Evaluator
from autograder.numerical.probe import Point, Probe
from autograder.numerical.report import Opinion
from autograder.numerical.steps import SHORTEST, refine

MOST_TREMBLE = 2.0**-4
SHAKES = (2.0**12, 2.0**14, 2.0**16)  # rounding errors are few numbers: once may be chance
NOISE = 2.0**-6
COARSEST = 2.0**-5

Tremble = Callable[[float], Array]


class Judge:
    """Judges the gradients at one point.

    Args:
        evaluator: Evaluates the forward.
        point: Input, outputs and gradients.
        rng: Where directions come from.
        tolerance: Relative error to exclude.
        tremble: Returns the gradients at an input moved by so many rounding errors; None when
            only values are known.
        share: Evaluations may reach this before the judge gives up on certainty here.
        focus: The arrays in question; None means all.

    Attributes:
        probes: What was measured and counts towards certainty.
        guilty: Arrays whose gradients are wrong, each with a line of its own that objects.
        suspected: Arrays that a line objected to, without confirmation.
        kinked: Kinks were too near to be avoided.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        point: Point,
        rng: np.random.Generator,
        tolerance: float,
        tremble: Tremble | None,
        share: int,
        focus: Sequence[int] | None,
    ) -> None:
        self.evaluator, self.point, self.rng = evaluator, point, rng
        self.asked, self.tremble, self.share = tolerance, tremble, share
        every = range(len(point.arrays)) if focus is None else focus
        self.focus = [i for i in every if np.isfinite(point.arrays[i]).any()]
        self.probes: list[Probe] = []
        self.guilty: dict[int, Probe] = {}
        self.suspected: set[int] = set()
        self.kinked = False
        self.moved: Array | None = None
        self.shaken: list[Array] = []
        self._draw = partial(Probe.random, point, rng)

    @property
    def tolerance(self) -> float:
        """What was asked for, or what the precision of the numbers allows."""
        possible = max(2.0**16 * self.point.epsilon, 2.0**13 * self.point.gradient_epsilon)
        return max(self.asked, min(possible, COARSEST))

    def run(self) -> list[Opinion]:
        """Measure until every array has a verdict, or the evaluations are used up."""
        self.evaluator.share = self.share
        if self.focus:
            probe = self._look(self.focus, 2)
            if probe is not None and (plain := self._plain(probe)) is not None:
                self.evaluator.share = self.evaluator.limit
                return plain
            if probe is not None and not self.accused and self.open():
                self.kinked |= bool((probe.smooth > 64.0 * probe.rounding).any())
                if not all(self.saturated(i) for i in self.focus):
                    self._settle()
        self.evaluator.share = self.evaluator.limit
        return [self._opinion(i) for i in range(len(self.point.arrays))]

    def _plain(self, probe: Probe) -> list[Opinion] | None:
        """The opinions when both lines agree with everything, as they nearly always do."""
        bars, sizes = probe.bar, probe.sizes
        if len(self.focus) < len(self.point.arrays) or (probe.residual > MARGINS[0] * bars).any():
            return None
        rooms = np.sqrt(bars.prod(axis=1, keepdims=True)) / sizes
        certified = (rooms * EXCESS).max(axis=0).tolist()
        if not max(certified) <= self.tolerance:
            return None
        found = (probe.residual.max(axis=1, keepdims=True) / sizes).max(axis=0).tolist()
        bars = (bars.max(axis=1, keepdims=True) / sizes).max(axis=0).tolist()
        return [Opinion("pass", *known) for known in zip(certified, found, bars)]

    # --- what the lines say --------------------------------------------------

    def certified(self, i: int) -> float:
        """The relative error of array ``i`` that is excluded."""
        best = math.inf
        for scaling in dict.fromkeys(probe.scaling for probe in self.probes):
            # lines of another scale weigh the entries differently, and are judged apart
            mine = [p for p in self.probes if p.moves(i) and p.scaling is scaling]
            if mine:
                residuals = np.concatenate([probe.residual for probe in mine], axis=1).tolist()
                bars = np.concatenate([probe.bar for probe in mine], axis=1).tolist()
                sizes = mine[0].sizes[:, i].tolist()
                best = min(best, max(map(certified_error, residuals, bars, sizes)))
        return best

    def open(self) -> list[int]:
        """The arrays in question that are not certified."""
        return [i for i in self.focus if not self.certified(i) <= self.tolerance]

    def _relative(self, i: int, part: str) -> float:
        """The largest residual or bar seen for array ``i``, relative to its gradient's size."""
        worst = 0.0
        for probe in self._own(i):
            size = np.maximum(probe.sizes[:, i : i + 1], np.abs(probe.value))
            relative = getattr(probe, part) / np.where(size > 0.0, size, 1.0)
            worst = max(worst, float(relative.max()))
        return worst

    def saturated(self, i: int) -> bool:
        """Whether the gradient of array ``i`` drowns in rounding on every line."""
        own = self._own(i)
        return bool(own) and all((p.sizes[:, i : i + 1] <= 8.0 * p.rounding).all() for p in own)

    def idle(self, i: int) -> bool:
        """Whether the outputs stay put along steps as long as an array of ordinary size."""
        alone = [probe for probe in self.probes if probe.moved == [i]]
        return self.saturated(i) and any(_still(probe) for probe in alone)

    def _own(self, i: int) -> list[Probe]:
        mine = [probe for probe in self.probes if probe.moves(i)]
        return [probe for probe in mine if probe.moved == [i]] or mine

    def objections(self, probe: Probe, allowance: float | Array | None = None) -> Array:
        """Which lines contradict the gradients, per upstream, shape (k, m).

        A residual must exceed eight error bars, what rounding does to the gradient, and the
        tolerance: below it, nobody is blamed.
        """
        if allowance is None:
            allowance = self._allowance(probe)
        return np.asarray(self._excess(probe, allowance) > 8.0 * probe.bar)

    def contradicts(self, probe: Probe) -> bool:
        """Whether a line shows more than kinks and rounding together explain."""
        known, unknown = probe.kinks()
        excess = self._excess(probe, self._allowance(probe))
        explained = 1.01 * known + 8.0 * (probe.bend + probe.rounding + unknown)
        return bool((excess > explained).any())

    def _excess(self, probe: Probe, allowance: float | Array) -> Array:
        sizes = probe.sizes[:, probe.moved]
        least = np.maximum(sizes.min(axis=1)[:, None], len(probe.moved) < 2 and np.abs(probe.value))
        excess = probe.residual - allowance - self._unseen(probe)
        return np.where(probe.residual > self.tolerance * least, excess, -np.inf)

    def _unseen(self, probe: Probe) -> Array:
        """What can't be told from rounding errors although the whole input moves.

        It counts for gradients that are no larger themselves: where terms cancel, their rounding
        errors stay, and how large they were, the outputs and the other gradients tell. Of an output
        that is zero, one is taken for the ordinary size.
        """
        point = self.point
        output = _norms(point.weights * point.base)
        output = np.where(output > 0.0, output, _norms(np.ldexp(point.weights, -point.powers)))
        sizes = point.norms(point.scaled(point.gradients, point.scale))
        largest = sizes.max(axis=1, keepdims=True)
        unseen = point.epsilon * np.maximum(64.0 * output, 1024.0 * largest)
        return np.where((probe.total <= unseen) & np.isfinite(unseen), unseen, 0.0)

    def _allowance(self, probe: Probe) -> Array:
        """Eight times the gradient's own tremble, but never more than a part of its size."""
        most = MOST_TREMBLE * probe.total
        if self.moved is None:
            coarse = max(self.point.epsilon, self.point.gradient_epsilon) >= SINGLE
            return most / 8.0 if coarse else 0.0 * most
        change = self.point.scaled(self.moved - self.point.gradients, probe.scale)
        return np.minimum(8.0 * _norms(change * (probe.directions[0] != 0.0)), most)

    # --- looking -------------------------------------------------------------

    @property
    def accused(self) -> bool:
        return bool(self.guilty or self.suspected)

    def _hopeless(self) -> bool:
        """A line objects, or would but for rounding errors in the gradient."""
        return self.accused or self.moved is not None

    def _look(self, moved: Sequence[int], lines: int, plan: Sequence[int] = ()) -> Probe | None:
        """Measure along fresh lines, and look into what they object to."""
        probe = self._draw(moved, lines)
        tries = 3 if self.share < self.evaluator.limit else 5  # other points may be easier
        if not self._refine(probe, plan, 0 if plan else tries):
            return None
        self.probes.append(probe)
        if (probe.residual > 8.0 * probe.bar).any() and self.objections(probe).any():
            self.evaluator.share = self.evaluator.limit  # to be sure is worth all there is
            self._examine(probe)
        return probe

    def _refine(
        self, probe: Probe, plan: Sequence[int] = (), tries: int = 5, enough: Array | float = 0.0
    ) -> bool:
        goal = self.tolerance / EXCESS
        return refine(self.evaluator, probe, goal, self.tolerance, plan, tries, enough)

    def _settle(self) -> None:
        """Certify what two lines for all did not."""
        if not self.kinked:
            self.evaluator.share = max(self.share, int(0.8 * self.evaluator.limit))
        self._more_lines()
        if self.kinked and self.share < self.evaluator.limit:
            return  # a point nearby will do better
        unsettled = self.open()
        if unsettled and not self._hopeless() and len(unsettled) < len(self.point.arrays):
            self._look(unsettled, 2)
            self._more_lines()
        for i in self.open() if len(self.point.arrays) > 1 else ():
            if not self._hopeless() and self.evaluator.affords(12):
                self._look([i], 2)
                self._more_lines()

    def _more_lines(self) -> None:
        """Where each line says something but two do not say enough, draw more like the best."""
        for i in self.open():
            mine = [probe for probe in self.probes if probe.moves(i)]
            if self._hopeless() or not mine:
                continue
            rooms = [
                3.0 * math.sqrt(2.0) * probe.bar[:, line] / probe.sizes[:, i] / self.tolerance
                for probe in mine
                for line in range(probe.lines)
            ]
            gains = [float(room.max()) for room in rooms]
            donor, gain = (
                min(mine, key=lambda p: float((p.bar / p.sizes[:, i : i + 1]).max())),
                (float(np.median(gains))),
            )
            drowned = donor.sizes[0, i] < donor.sizes[0].max() / 16.0  # others would tell more
            if not gain <= (0.05 if drowned else 0.3):
                continue
            lines = math.ceil(math.log(MISSED / 4.0) / math.log(gain)) - len(gains)
            plan = donor.telling_powers()
            if lines > 0 and self.evaluator.affords(6 * lines * len(plan)):
                self._look(donor.moved, lines, plan=plan)

    # --- an objection: is the gradient wrong, or did the line mislead? -------

    def _examine(self, probe: Probe) -> None:
        """Look again, array by array; fills ``guilty`` and ``suspected``."""
        certain = self.objections(probe, MOST_TREMBLE * probe.total)
        if not certain.any():
            affordable = self.evaluator.affords(1 + len(self.point.weights))
            if self.moved is None and self.tremble is not None and affordable:
                self.moved = self.tremble(1.0)
            if not self.objections(probe).any():
                return
        first = self._worst_line(probe)
        self.kinked |= self._crosses_kinks(first)
        self.suspected |= set(first.moved)
        if self.tremble is not None and not self.shaken:
            if not self.evaluator.affords(len(SHAKES) * (1 + len(self.point.weights))):
                return
            self.shaken = [self.tremble(size) for size in SHAKES]
        arrays = [i for i in first.moved if not self._noisy(i)]
        plan = first.telling_powers()
        if not arrays or not self._stands_at_short_steps(first):
            return
        enough = first.residual.max(axis=1, keepdims=True) / 32.0
        own = {i: self._draw([i], 1, first.scaling) for i in arrays}
        measured = [i for i in arrays if self._refine(own[i], plan, 2, enough)]
        for i in measured:
            if _off(own[i]) and not self.objections(own[i]).any():  # not enough on this line
                more = self._draw([i], 4, first.scaling)
                own[i] = more if self._refine(more, plan, 0) else own[i]
        guilty = [i for i in measured if self.objections(own[i]).any()]
        if not guilty:
            if any(_off(own[i]) for i in measured):
                self.suspected -= set(arrays)  # wrong perhaps, but by less than the tolerance
                self.probes += [own[i] for i in measured]
            return
        enough = np.max([own[i].residual.max(axis=1, keepdims=True) for i in guilty], axis=0) / 32.0
        entrywise = first.scaling or entry_exponents
        for scaling, only, steps in ((entrywise, None, plan), (_tiny_exponent, tiny, ())):
            again = self._draw(guilty, 1, scaling, only)
            if not again.moved:
                continue
            if self._refine(again, steps, 3, enough) and self.objections(again).any():
                self.guilty = {i: own[i] for i in guilty}
                self.suspected -= set(arrays)
                self._acquit()
                return
        self.suspected -= set(arrays) - set(guilty)

    def _worst_line(self, probe: Probe) -> Probe:
        excess = np.where(self.objections(probe), probe.residual / probe.total, -1.0)
        return probe.line(int(np.argmax(excess.max(axis=0))))

    def _crosses_kinks(self, probe: Probe) -> bool:
        objecting = probe.residual > 8.0 * probe.bar
        kinked = probe.jump > np.maximum(1e-3 * probe.residual, 16.0 * probe.rounding)
        return bool((kinked & objecting).any())

    def _stands_at_short_steps(self, first: Probe) -> bool:
        """Measure at the shortest step at which rounding would leave the objection standing."""
        power = min(slope.power for slope in first.slopes)
        k = int(np.argmax(first.residual[:, 0] / np.maximum(first.bar[:, 0], 1e-300)))
        ratio = 64.0 * float(first.rounding[k, 0]) / (float(first.residual[k, 0]) or 1.0)
        wish = power + (math.ceil(math.log2(ratio)) if 0.0 < ratio < math.inf else -12)
        power = max(min(wish, power), min(SHORTEST + 18, power))
        return first.measure(self.evaluator, power) and bool(self.objections(first).any())

    def _acquit(self) -> None:
        """Judge the arrays that nobody objects to without those that are wrong."""
        self.probes = list(self.guilty.values())
        innocent = [i for i in self.focus if i not in self.guilty]
        if innocent:
            probe = self._draw(innocent, 2)
            if self._refine(probe):
                self.probes.append(probe)
                if self.objections(probe).any():
                    self.suspected |= set(innocent)

    def _noisy(self, i: int) -> bool:
        """Whether the gradient of array ``i`` is made of rounding errors.

        So it is where terms cancel, as for a bias below batch norm: an input moved next to nothing
        gives quite another gradient, and to call either wrong would be chance.
        """
        point, mine = self.point, self.point.owner == i
        here = point.scaled(point.gradients, point.scale)[:, mine]
        moved = [point.scaled(shaken, point.scale)[:, mine] - here for shaken in self.shaken]
        return any(bool((_norms(change) > NOISE * _norms(here)).any()) for change in moved)

    def _opinion(self, i: int) -> Opinion:
        if not np.isfinite(self.point.arrays[i]).any():
            return Opinion("pass", 0.0, 0.0, idle=True)
        if i not in self.focus:
            return Opinion("inconclusive", math.inf, 0.0)
        own = self._own(i)
        opinion = Opinion(
            "fail" if i in self.guilty else "inconclusive",
            self.certified(i),
            self._relative(i, "residual"),
            self._relative(i, "bar"),
            self.saturated(i),
            self.idle(i),
            hollow=not self.point.gradients[:, self.point.owner == i].any(),
        )
        if opinion.verdict == "fail" or i in self.suspected or opinion.certified > self.tolerance:
            opinion.contradicted = any(self.contradicts(probe) for probe in own)
        if opinion.verdict == "fail":
            opinion.certified = math.inf
        elif i not in self.suspected and opinion.certified <= self.tolerance:
            opinion.verdict = "pass"
        return opinion


def _off(probe: Probe) -> bool:
    return bool(probe.slopes and (probe.residual > 8.0 * probe.bar).any())


def _norms(values: Array) -> Array:
    return np.asarray(np.sqrt((values * values).sum(axis=1, keepdims=True)))


def _tiny_exponent(array: Array) -> int:
    return exponent(array[tiny(array)])


def _still(probe: Probe) -> bool:
    longest = max(probe.slopes, key=lambda slope: slope.power)
    moved = np.sqrt(np.mean(longest.value**2))
    seen = bool(np.isfinite(longest.bend).all())
    return seen and longest.power >= -2 and bool(moved <= 2.0**12 * longest.floor.max())
