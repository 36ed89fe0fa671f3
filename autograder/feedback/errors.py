"""What error messages of Python and NumPy mean in an exercise: the next step, in a sentence."""

from __future__ import annotations

from autograder.checks.finding import Finding

# A piece of the message -> what to do. The first that fits is said.
_MEANINGS = (
    (
        "truth value of an array",
        "An `if`, `and`, `or` or `not` wants one True or False, and this is a whole array. "
        "np.where(condition, a, b) chooses entry by entry; for booleans there are &, | and ~.",
    ),
    (
        "ufunc 'bitwise_",
        "& and | bind more tightly than < and >: put brackets around each comparison, as in "
        "(a < b) | (c > d).",
    ),
    (
        "can be converted to Python scalars",
        "A function that takes one number got an array. Those of the module math take one number; "
        "NumPy's, such as np.exp, take arrays.",
    ),
    (
        "array has an inhomogeneous shape",
        "Arrays of different shapes met in one list or tuple. Is one of the values the pair of out "
        "and cache that a forward function returns? Take it apart: out, cache = f(x).",
    ),
    (
        "'tuple' and '",
        "A tuple is used as a number here. Is it the pair of out and cache that a forward function "
        "returns? Take it apart: out, cache = f(x).",
    ),
    (
        "cannot access local variable",
        "On this path nothing was assigned to it before. Is the line missing, or does it stand "
        "inside an if or a loop that was not entered?",
    ),
    (
        "raised KeyError",
        "The dict has no entry of this name, perhaps not yet. d.get(name, start) gives a start "
        "where it is missing.",
    ),
    (
        "NoneType",
        "Something here is None. Is it set to None elsewhere? A function without a return gives "
        "None too; so does a method that works in place, such as list.append.",
    ),
)


def meaning(finding: Finding) -> str:
    """The next step after an error that the student's code raised, or `""`."""
    if finding.check != "failure:exception" or finding.hidden:
        return ""
    return next((says for sign, says in _MEANINGS if sign in finding.message), "")
