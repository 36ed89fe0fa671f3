"""A student's own functions out of earlier notebooks; the kit stands in for what is not there.

`own.library()` reads the notebooks beside this one and says of each module whose it is. It takes
the imports, functions and classes of their cells; nothing is trained and nothing drawn.
"""

import ast
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from autograder.lab import standins
from autograder.lab.training import Adamax, bare
from autograder.language import tr

BLOCK = ("g1", "Wq", "Wk", "Wv", "Wo", "g2", "W1", "b1", "W2", "b2")


@dataclass(frozen=True)
class Part:
    """A module of the library: where it is written, and what stands in for it."""

    notebook: str
    names: tuple[str, ...]  # the student's functions, in that notebook
    ours: Any  # the stand-in: a pair of functions, or one function
    # arguments on which both must give the same
    trial: Callable[[np.random.Generator], tuple[Any, ...]]
    # from the student's functions to the form of `ours`
    adapt: Callable[..., Any] = lambda *functions: functions


def library(folder: str | Path = "..") -> SimpleNamespace:
    """The modules by name: pairs `(forward, backward)`, losses and an optimiser.

    Args:
        folder: Where the folders of the other notebooks lie.
    """
    found, written = {}, {}
    for name, part in PARTS.items():
        if part.notebook not in written:
            written[part.notebook] = definitions(Path(folder) / part.notebook)
        found[name], whose = _choose(part, written[part.notebook])
        print(f"{name:21} {whose}")
    return SimpleNamespace(**found)


def earlier(notebook: str, name: str, folder: str | Path = "..") -> Any:
    """The student's function of this name in an earlier notebook, or None, which is said."""
    found = definitions(Path(folder) / notebook).get(name)
    if found is None:
        print(
            tr(
                "Not yet: this takes `{name}` out of your notebook {notebook}, and there is none."
            ).format(name=name, notebook=notebook)
        )
    return found


def definitions(folder: Path) -> dict[str, Any]:
    """What the imports, functions and classes of the notebook in `folder` define."""
    names: dict[str, Any] = {"__name__": folder.name}
    for path in sorted(folder.glob("*.ipynb")):
        for node in _statements(path):
            try:
                exec(compile(ast.Module([node], []), str(path), "exec"), names)
            except Exception:  # a cell that fails in its own notebook fails here as well
                continue
    return names


def _statements(path: Path) -> Iterator[ast.stmt]:
    """The statements that define something, in order; of a file that is no notebook none."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    for cell in cells:
        text = "".join(cell.get("source", ""))
        if cell.get("cell_type") != "code":
            continue
        try:
            body = ast.parse(text).body
        except SyntaxError:  # a magic, or a cell that is not finished
            continue
        for node in body:
            defines = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
            if isinstance(node, defines) or (isinstance(node, ast.Assign) and _harmless(node)):
                yield node


def _harmless(node: ast.Assign) -> bool:
    """Whether an assignment calls nothing: a constant, a lambda, or another name for something."""
    todo: list[ast.AST] = [node.value]
    while todo:
        part = todo.pop()
        if isinstance(part, ast.Call):
            return False
        todo += [part.args] if isinstance(part, ast.Lambda) else ast.iter_child_nodes(part)
    return True


def _choose(part: Part, written: Mapping[str, Any]) -> tuple[Any, str]:
    where, kit = part.notebook, tr("the kit's ({why})")
    missing = [name for name in part.names if name not in written]
    if missing:
        why = tr("{name} is not in {notebook}").format(name=missing[0], notebook=where)
        return part.ours, kit.format(why=why)
    given = part.adapt(*(written[name] for name in part.names))
    given = given[0] if isinstance(given, tuple) and len(given) == 1 else given
    try:
        with np.errstate(all="ignore"):
            right = _alike(given, part.ours, part.trial)
    except NotImplementedError:
        why = tr("yours is not written yet, in {notebook}").format(notebook=where)
        return part.ours, kit.format(why=why)
    except Exception as error:
        said = tr("yours in {notebook} raises {error}")
        why = said.format(notebook=where, error=type(error).__name__)
        return part.ours, kit.format(why=why)
    if not right:
        said = tr("yours in {notebook} gives other numbers: what does check say?")
        return part.ours, kit.format(why=said.format(notebook=where))
    return given, tr("yours, {notebook}").format(notebook=where)


def _alike(given: Any, ours: Any, trial: Callable[..., tuple[Any, ...]]) -> bool:
    """Whether both give the same, forward and backward, on an example."""
    results = [_results(each, trial(np.random.default_rng(5))) for each in (given, ours)]
    one, other = ([np.asarray(x, float) for x in found if x is not None] for found in results)
    return len(one) == len(other) and all(
        a.shape == b.shape and np.allclose(a, b, rtol=1e-6, atol=1e-8)
        for a, b in zip(one, other, strict=True)
    )


def _results(function: Any, given: tuple[Any, ...]) -> list[Any]:
    if not isinstance(function, tuple):  # a loss and its gradient, or a step and its memory
        return [value for value in function(*given) if not isinstance(value, dict)]
    forward, backward = function
    out, cache = forward(*given)
    upstream = np.random.default_rng(6).normal(size=np.shape(out))
    grads = backward(upstream, cache)
    return [out, *(grads if isinstance(grads, (tuple, list)) else [grads])]


def _bare(forward: Callable[..., Any], backward: Callable[..., Any]) -> standins.Pair:
    """A gradient that is alone may come in a tuple; a layer of the library takes it bare."""
    return forward, lambda dout, cache: bare(backward(dout, cache))


def _embed(forward: Callable[..., Any], backward: Callable[..., Any]) -> standins.Pair:
    """Letters have no gradient: the backward pass returns None in their place."""
    return forward, lambda dout, cache: (None, *backward(dout, cache))


def _block(forward: Callable[..., Any], backward: Callable[..., Any]) -> standins.Pair:
    """Ten arrays in place of a dict, and a triangle for a mask."""

    def flat_forward(x: np.ndarray, *given: Any) -> Any:
        *weights, settings = given
        mask = np.tril(np.ones((x.shape[1], x.shape[1]), bool))
        return forward(x, dict(zip(BLOCK, weights, strict=True)), settings["heads"], mask)

    def flat_backward(dout: np.ndarray, cache: Any) -> tuple[Any, ...]:
        dx, gradients = backward(dout, cache)
        return dx, *(gradients[name] for name in BLOCK)

    return flat_forward, flat_backward


def adamax(
    w: np.ndarray, dw: np.ndarray, config: dict[str, Any]
) -> tuple[np.ndarray, dict[str, Any]]:
    """Adam's cousin in the form of notebook 04, for whoever has not written `adam`.

    Its steps grow shorter than Adam's, so it takes twice the rate; its first step alone is Adam's.
    """
    pace, box = config.setdefault("pace", Adamax(0.0)), {"w": w}
    pace.rate = config["learning_rate"] * (2 if pace.taken else 1)
    pace.update(box, {"w": dw})
    return box["w"], config


def _grid(rng: np.random.Generator) -> np.ndarray:
    """Pictures in which no two numbers of a window are alike."""
    return rng.permutation(np.arange(2 * 2 * 4 * 4) * 0.1 - 3).reshape(2, 2, 4, 4)


def _weights(rng: np.random.Generator, width: int, hidden: int) -> list[np.ndarray]:
    square = [rng.normal(size=(width, width)) for _ in range(4)]
    into, out_of = rng.normal(size=(width, hidden)), rng.normal(size=(hidden, width))
    return [1 + rng.random(width), *square, 1 + rng.random(width), into, rng.normal(size=hidden),
            out_of, rng.normal(size=width)]  # fmt: skip


_ADAM = {"learning_rate": 0.1, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
PARTS: dict[str, Part] = {
    "affine": Part(
        "02_layers", ("affine_forward", "affine_backward"), standins.pair(standins.affine),
        lambda rng: (rng.normal(size=(3, 2, 2)), rng.normal(size=(4, 5)), rng.normal(size=5)),
    ),
    "relu": Part(
        "02_layers", ("relu_forward", "relu_backward"), standins.pair(standins.relu),
        lambda rng: (rng.normal(size=(3, 4)),),
        _bare,
    ),
    "softmax_loss": Part(
        "02_layers", ("softmax_loss",), standins.loss(standins.softmax_loss),
        lambda rng: (rng.normal(size=(3, 4)), np.array([1, 0, 3])),
    ),
    "adam": Part(
        "04_training", ("adam",), adamax,
        lambda rng: (rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), dict(_ADAM)),
    ),
    "batchnorm": Part(
        "05_normalisation", ("batchnorm_forward", "batchnorm_backward"),
        standins.pair(standins.batchnorm),
        lambda rng: (*rng.normal(size=(1, 5, 3)), *rng.normal(size=(2, 3)), {"mode": "train"}),
    ),
    "dropout": Part(
        "05_normalisation", ("dropout_forward", "dropout_backward"),
        standins.pair(standins.dropout),
        lambda rng: (rng.normal(size=(3, 4)), {"mode": "train", "p": 1.0}),
        _bare,
    ),
    "temporal_affine": Part(
        "06_rnn", ("temporal_affine_forward", "temporal_affine_backward"),
        standins.pair(standins.temporal_affine),
        lambda rng: (rng.normal(size=(2, 3, 4)), rng.normal(size=(4, 5)), rng.normal(size=5)),
    ),
    "temporal_softmax_loss": Part(
        "06_rnn", ("temporal_softmax_loss",), standins.loss(standins.softmax_loss),
        lambda rng: (rng.normal(size=(2, 3, 4)), np.array([[1, 0, 3], [2, 2, 1]])),
        # every step counts
        lambda function: (lambda scores, y: function(scores, y, np.ones(y.shape, bool)),),
    ),
    "conv": Part(
        "09_convolution", ("conv_forward_fast", "conv_backward_fast"),
        standins.pair(standins.conv),
        lambda rng: (_grid(rng), rng.normal(size=(3, 2, 3, 3)), rng.normal(size=3),
                     {"stride": 1, "pad": 1}),
    ),
    "max_pool": Part(
        "09_convolution", ("max_pool_forward_naive", "max_pool_backward_naive"),
        standins.pair(standins.max_pool),
        lambda rng: (_grid(rng), {"pool_height": 2, "pool_width": 2, "stride": 2}),
        _bare,
    ),
    "embed": Part(
        "10_attention", ("embed_forward", "embed_backward"), standins.pair(standins.embed),
        lambda rng: (np.array([[0, 2, 1], [2, 2, 0]]), *rng.normal(size=(2, 4, 3))),
        _embed,
    ),
    "rmsnorm": Part(
        "10_attention", ("rmsnorm_forward", "rmsnorm_backward"), standins.pair(standins.rmsnorm),
        lambda rng: (rng.normal(size=(2, 3, 4)), rng.normal(size=4), {}),
    ),
    "block": Part(
        "10_attention", ("block_forward", "block_backward"), standins.pair(standins.block),
        lambda rng: (rng.normal(size=(2, 3, 4)), *_weights(rng, 4, 6), {"heads": 2}),
        _block,
    ),
}  # fmt: skip
