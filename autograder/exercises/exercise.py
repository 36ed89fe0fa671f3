"""What every kind of exercise is: rows worth points, and how to ask for and read an answer."""

import abc
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import attrs
import numpy as np

from autograder.errors import DeclarationError
from autograder.exercises.cases import Case, Variant
from autograder.exercises.fact import Fact, fact, type_of
from autograder.exercises.inputs import IF_SET, Array, Input, as_input, dimensions
from autograder.exercises.script import Failure, Outcome, Script


@dataclass(frozen=True)
class Mistake:
    """A named wrong answer to one function.

    Args:
        function: The function (or class) of the reference that is wrong.
        name: Short identifier, unique within the exercise, such as `"db_averaged"`.
        says: What the student reads: the mistake and why it is one.
        edits: Texts of the reference and what stands in their place, applied in order.
        source: The whole wrong function, where it is not an edit.
        follow: Whether a backward that is right for this forward keeps its points.
        keeps: The share of its row's points that it keeps where nothing else is wrong.
        endless: Outputs for which it takes too long to be waited for.
    """

    function: str
    name: str
    says: str
    edits: tuple[tuple[str, str], ...] = ()
    source: str = ""
    follow: bool = False
    keeps: float = 0.0
    endless: tuple[str, ...] = ()

    def apply(self, reference: str) -> str:
        """The source of the wrong function.

        Raises:
            DeclarationError: When an edit's old text does not occur exactly once.
        """
        if self.source:
            return self.source
        text = reference
        for old, new in self.edits:
            count = text.count(old)
            if count != 1:
                raise DeclarationError(
                    f"mistake {self.name!r}: the text {old!r} occurs {count} times in "
                    f"{self.function}; it must occur exactly once"
                )
            text = text.replace(old, new)
        return text


def edit(
    function: str | Callable[..., Any],
    old: str,
    new: str,
    *more: tuple[str, str],
    name: str,
    says: str,
    follow: bool = False,
    keeps: float = 0.0,
    endless: tuple[str, ...] = (),
) -> Mistake:
    """A mistake that differs from the reference in one place (or in several, by `more` pairs)."""
    target = function if isinstance(function, str) else function.__name__
    edits = ((old, new), *more)
    return Mistake(target, name, says, edits, follow=follow, keeps=keeps, endless=endless)


def replacement(
    function: str | Callable[..., Any],
    wrong: str | Callable[..., Any],
    *,
    name: str,
    says: str,
    follow: bool = False,
) -> Mistake:
    """A mistake given as a whole function: as source text, or as a function of its own name.

    The wrong function may have any name; it takes the place of `function`.
    """
    target = function if isinstance(function, str) else function.__name__
    if isinstance(wrong, str):
        source = inspect.cleandoc("\n" + wrong)
    else:
        source = inspect.cleandoc("\n" + inspect.getsource(wrong))
        source = source.replace(f"def {wrong.__name__}(", f"def {target}(", 1)
    if f"def {target}(" not in source and f"class {target}" not in source:
        raise DeclarationError(f"mistake {name!r}: its source does not define {target}")
    return Mistake(target, name, says, source=source, follow=follow)


@dataclass(frozen=True)
class Row:
    """A line of the rubric."""

    id: str  # the name of the function (class, variable) graded
    part: str  # what it is to its exercise: "forward", "backward", "value" …
    points: float
    outputs: tuple[str, ...]  # the names of what it returns
    hints: tuple[str, ...] = ()  # three steps: the idea, where to look, almost the code
    manual: bool = False  # a person gives the points
    # what each output weighs beside the others; those left out weigh 1
    weights: Mapping[str, float] = field(default_factory=dict)

    @property
    def shares(self) -> dict[str, float]:
        """Output -> the share of the points that it carries."""
        weights = {name: self.weights.get(name, 1.0) for name in self.outputs}
        return {name: weight / sum(weights.values()) for name, weight in weights.items()}


@dataclass(frozen=True)
class Draws:
    """The same call once more, and once with other chance."""

    # output -> its value from a generator in the same state, or with the same seed
    again: dict[str, Any]
    # the same from different generators, or without a seed: no two are alike
    others: tuple[dict[str, Any], dict[str, Any]]
    touched: bool = False  # the global random states were used or changed
    failure: Failure | None = None  # why one of these calls gave nothing


@dataclass
class Observed:
    """What a row's function gave on one case."""

    # output name -> value, or None when nothing could be read (`problem`, `failure`)
    outputs: dict[str, Any] | None
    problem: Fact | None = None  # what is wrong with the form of what was returned
    failure: Failure | None = None  # why the function returned nothing
    changed: tuple[str, ...] = ()  # names of the inputs that it changed in place
    warnings: tuple[str, ...] = ()
    outcome: Outcome | None = None
    # for kinds that judge more than numbers, what was found: it is told in place of "got and
    # expected" and of the number of cases
    account: Fact | None = None
    traceback: tuple[str, ...] = ()  # the frames of the student's code that belong to the account
    listed: tuple[str, ...] = ()  # the outputs that came as lists
    draws: Draws | None = None  # what further calls gave, where the answer draws random numbers


def named(function: Callable[..., Any] | str) -> str:
    """The name of a function, a class or a name itself."""
    return function if isinstance(function, str) else function.__name__


def inputs_of(declared: Mapping[str, Input | str]) -> dict[str, Input]:
    """Input name -> what it looks like; a text is the shape of an array."""
    return {key: as_input(value) for key, value in declared.items()}


def names_of(names: Iterable[str]) -> tuple[str, ...]:
    """Names, in order."""
    return tuple(names)


def points_of(points: float | Mapping[str, float]) -> dict[str, float]:
    """Part -> points; a number is that of the only part, the value."""
    return dict(points) if isinstance(points, Mapping) else {"value": points}


def hints_of(hints: Sequence[str] | Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """Part -> hints; a sequence is that of the only part, the value."""
    parts = hints if isinstance(hints, Mapping) else {"value": hints}
    return {part: tuple(steps) for part, steps in parts.items()}


@attrs.frozen(kw_only=True)
class Exercise(abc.ABC):
    """A declaration. Kinds say which rows it has, what is called, and how results are read.

    Args:
        name: Filled in by the course: the variable to which the declaration is assigned.
        inputs: Input name -> what it looks like, in the order of the call.
        sizes: Dimensions that are fixed; the others get small sizes that all differ.
        points: Part -> points; a number where the only part is the value.
        weights: Output -> what it weighs beside the other outputs of its row; 1 if not named.
        hints: Part -> hints in three steps; a sequence where the only part is the value.
        mistakes: The bank of known mistakes; never shipped.
        variants: Regimes of its own.
        large, small: Input name -> factor, in the regimes "large values" and "small values".
            Left out, the first array input is taken; `{}` leaves the regime out.
        ties: Inputs to put on a tie: one name (zeros), or several (made equal to the first).
        without: Names of standard regimes that make no sense here.
        random: Draws random numbers, so that repeating it gives something else.

    Raises:
        DeclarationError: With the field, what it got and what it expects.
    """

    name: str = ""
    inputs: dict[str, Input] = attrs.field(factory=dict, converter=inputs_of)
    sizes: dict[str, int] = attrs.field(factory=dict)
    points: dict[str, float] = attrs.field(factory=dict, converter=points_of)
    weights: dict[str, float] = attrs.field(factory=dict, metadata=IF_SET)
    hints: dict[str, tuple[str, ...]] = attrs.field(factory=dict, converter=hints_of)
    mistakes: tuple[Mistake, ...] = attrs.field(default=(), converter=tuple[Mistake, ...])
    variants: dict[str, Variant] = attrs.field(factory=dict)
    large: dict[str, float] = attrs.field()
    small: dict[str, float] = attrs.field()
    ties: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    without: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    random: bool = False

    parts: ClassVar[tuple[str, ...]] = ("value",)
    scaled: ClassVar[bool] = True
    """Whether the first array input is made large and small where nothing else is said."""

    @large.default
    def _first_large(self) -> dict[str, float]:
        return self._first(50.0)

    @small.default
    def _first_small(self) -> dict[str, float]:
        return self._first(1e-3)

    def _first(self, factor: float) -> dict[str, float]:
        arrays = (key for key, value in self.inputs.items() if isinstance(value, Array))
        first = next(arrays, None) if self.scaled else None
        return {first: factor} if first else {}

    def __attrs_post_init__(self) -> None:
        for value in self.inputs.values():
            list(dimensions(value))
        for label, mapping in (("points", self.points), ("hints", self.hints)):
            unknown = set(mapping) - set(self.parts)
            if unknown:
                raise DeclarationError(
                    f"{label} name {sorted(unknown)}; a {type(self).__name__} has the parts "
                    f"{list(self.parts)}"
                )
        for part, worth in self.points.items():
            if not worth >= 0 or not np.isfinite(worth):
                raise DeclarationError(f"points of {part!r} are {worth!r}; expected a number >= 0")
        for output, weight in self.weights.items():
            if not weight > 0 or not np.isfinite(weight):
                raise DeclarationError(
                    f"the weight of {output!r} is {weight!r}; expected a number > 0"
                )
        for label in ("large", "small", "ties"):
            for key in getattr(self, label):
                if key not in self.inputs:
                    raise DeclarationError(f"{label} names {key!r}, which is no input")

    @property
    @abc.abstractmethod
    def rows(self) -> tuple[Row, ...]:
        """The lines of the rubric."""

    def row_of(self, id: str, outputs: tuple[str, ...], part: str = "value") -> Row:
        """The row of a part."""
        points, hints = self.points.get(part, 0), self.hints.get(part, ())
        return Row(id, part, points, outputs, hints, weights=self.weights)

    @abc.abstractmethod
    def script(self, case: Case, rows: Sequence[str] | None = None) -> Script:
        """The calls that a case needs for `rows` (all by default)."""

    @abc.abstractmethod
    def observe(self, case: Case, outcomes: Sequence[Outcome]) -> dict[str, Observed]:
        """Read the outcomes of `script(case)`: row id -> what was observed."""

    @property
    def functions(self) -> tuple[str, ...]:
        """The names that the reference must define, in the order in which they are called."""
        return tuple(row.id for row in self.rows)

    @property
    def drawn(self) -> frozenset[str]:
        """The outputs that are random numbers: judged by their moments, not their values."""
        return frozenset()

    @property
    def room(self) -> int:
        """Parts that an answer may have besides a few times what is expected."""
        return 0

    def turns(self, output: str) -> int:
        """Of how many calls an output holds the results, one after the other; 0: of one, bare."""
        return 0

    def upstream_shapes(self, outcomes: Sequence[Outcome]) -> list[tuple[int, ...]]:
        """The shapes of the upstream gradients, read from the reference's own outcomes."""
        return []


def read_outputs(
    value: Any, names: Sequence[str], *, what: str
) -> tuple[dict[str, Any] | None, Fact | None]:
    """Take a returned value apart into its named outputs, in any ordinary style.

    A tuple, a list or an array whose first axis has the right length all unpack. A single output
    may come bare or as a 1-sequence.

    Returns:
        outputs: Name -> value, or None when the number is wrong.
        problem: What is wrong; None when nothing is.
    """
    if value is None:
        return None, fact("returned.none", what=what, wanted=list(names))
    if len(names) == 1:
        if (isinstance(value, tuple) and len(value) == 1) or (
            isinstance(value, list)
            and len(value) == 1
            and isinstance(value[0], np.ndarray)
            and value[0].ndim  # [number] stays: it may stand for the number or for an array
        ):
            value = value[0]
        if isinstance(value, tuple):
            return None, fact("returned.count", what=what, count=len(value), wanted=list(names))
        return {names[0]: value}, None
    if isinstance(value, np.ndarray) and value.ndim and len(value) == len(names):
        value = tuple(value)
    if not isinstance(value, (tuple, list)):
        return None, fact("returned.one", what=what, got=type_of(value), wanted=list(names))
    if len(value) != len(names):
        return None, fact("returned.count", what=what, count=len(value), wanted=list(names))
    return dict(zip(names, value, strict=True)), None
