"""The same program in other words: new names, statements that do nothing, a wrapper around it."""

from __future__ import annotations

import ast

import numpy as np

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
    own |= {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and _stores(n)}
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


def _stores(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _word(rng: np.random.Generator) -> str:
    return "_" + "".join(rng.choice(list(_LETTERS), 6))
