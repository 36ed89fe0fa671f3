"""What an exercise declares, and cases from a seed. NumPy and attrs; students get this room too."""

from autograder.exercises.cases import Case, make_cases, variant
from autograder.exercises.exercise import Exercise, Mistake, Row, edit, replacement
from autograder.exercises.expressions import Expressions
from autograder.exercises.inputs import (
    array,
    cast,
    choice,
    constant,
    labels,
    made,
    mask,
    provided,
    rng,
    state,
    visible,
)
from autograder.exercises.kinds import Function, Layer, Loss, Sampler
from autograder.exercises.kinds_stateful import Answer, Module, Text
from autograder.exercises.witness import Critic, Witness

__all__ = [
    "Answer",
    "Case",
    "Critic",
    "Exercise",
    "Expressions",
    "Function",
    "Layer",
    "Loss",
    "Mistake",
    "Module",
    "Row",
    "Sampler",
    "Text",
    "Witness",
    "array",
    "cast",
    "choice",
    "constant",
    "edit",
    "labels",
    "made",
    "make_cases",
    "mask",
    "provided",
    "replacement",
    "rng",
    "state",
    "variant",
    "visible",
]
