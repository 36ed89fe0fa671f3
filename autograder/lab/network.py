"""A deep network for the experiments, whole and ready: nothing in it is asked for in a row.

Normalisation and dropout come from outside: they are the student's own functions.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from autograder.lab.training import bare

Forward = Callable[..., tuple[np.ndarray, Any]]
Backward = Callable[..., Any]

ACTIVATIONS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    # name -> (value of the input, slope in terms of the value)
    "relu": (lambda h: h * (h > 0), lambda a: (a > 0) * 1.0),
    "tanh": (np.tanh, lambda a: 1 - a * a),
    "sigmoid": (lambda h: 0.5 + 0.5 * np.tanh(h / 2), lambda a: a - a * a),
    "none": (lambda h: h, lambda a: np.ones_like(a)),
}


@dataclass
class Plug:
    """A layer of the student's, to be put before the activation, or after it."""

    forward: Forward  # `(h, gamma, beta, param)`, or `(h, param)` without parameters to learn
    backward: Backward  # `(dout, cache)`, returning the gradients of those arrays
    # the dict parameter to start from; each layer gets its own copy
    param: Mapping[str, Any] = field(default_factory=dict)
    learns: bool = True  # whether it has `gamma` and `beta`


class Network:
    """Matrix products and activations in turn, with a loss on top.

    Args:
        sizes: Widths from the input to the classes, such as (64, 100, 100, 10).
        std: Deviation of the weights, one for all layers or one for each.
        normalise: Put before every activation.
        dropout: Put after every activation.
        loss: `(scores, y) -> loss, dscores`; softmax with cross-entropy when left out.

    Attributes:
        parameters: Name -> array: `w0, b0, gamma0, beta0, w1, …`.
        activations: Outputs of the hidden layers in the last forward pass.
        signals: dL/dh before the activation of each hidden layer, from the last backward pass.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        std: float | Sequence[float],
        rng: np.random.Generator,
        activation: str = "relu",
        normalise: Plug | None = None,
        dropout: Plug | None = None,
        loss: Callable[..., tuple[float, np.ndarray]] | None = None,
    ) -> None:
        self.depth = len(sizes) - 1
        scales = [std] * self.depth if isinstance(std, (int, float)) else list(std)
        self.value, self.slope = ACTIVATIONS[activation]
        self.normalise, self.dropout = normalise, dropout
        self.criterion = loss or _cross_entropy
        self.parameters: dict[str, np.ndarray] = {}
        for i, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            self.parameters[f"w{i}"] = rng.normal(0, scales[i], (fan_in, fan_out))
            self.parameters[f"b{i}"] = np.zeros(fan_out)
            if normalise is not None and normalise.learns and i < self.depth - 1:
                self.parameters[f"gamma{i}"] = np.ones(fan_out)
                self.parameters[f"beta{i}"] = np.zeros(fan_out)
        hidden = range(self.depth - 1)
        self.norm_params = [dict(normalise.param) if normalise else {} for _ in hidden]
        self.drop_params = [dict(dropout.param) if dropout else {} for _ in hidden]
        self.activations: list[np.ndarray] = []
        self.signals: list[np.ndarray] = []

    def scores(self, X: np.ndarray) -> np.ndarray:
        """The scores at test time, shape (N, C)."""
        return self._forward(X, "test")[0]

    def loss_and_grads(self, X: np.ndarray, y: np.ndarray) -> tuple[float, dict[str, np.ndarray]]:
        """The loss of a mini-batch and the gradient of every parameter."""
        scores, tape = self._forward(X, "train")
        loss, signal = self.criterion(scores, y)
        return loss, self._backward(bare(signal), tape)

    def _forward(self, X: np.ndarray, mode: str) -> tuple[np.ndarray, list[Any]]:
        here, tape = X, []
        self.activations = []
        for i in range(self.depth):
            w, b = self.parameters[f"w{i}"], self.parameters[f"b{i}"]
            below, here = here, here @ w + b
            kept: Any = None
            dropped: Any = None
            if i < self.depth - 1:
                if self.normalise is not None:
                    here, kept = self._plug(self.normalise, here, self.norm_params[i], i, mode)
                here = active = self.value(here)
                self.activations.append(active)
                if self.dropout is not None:
                    here, dropped = self._plug(self.dropout, here, self.drop_params[i], i, mode)
                tape.append((below, w, kept, active, dropped))
            else:
                tape.append((below, w, None, None, None))
        return here, tape

    def _plug(
        self, plug: Plug, h: np.ndarray, param: dict[str, Any], i: int, mode: str
    ) -> tuple[np.ndarray, Any]:
        param["mode"] = mode
        if not plug.learns:
            return plug.forward(h, param)
        return plug.forward(h, self.parameters[f"gamma{i}"], self.parameters[f"beta{i}"], param)

    def _backward(self, signal: np.ndarray, tape: list[Any]) -> dict[str, np.ndarray]:
        grads: dict[str, np.ndarray] = {}
        self.signals = []
        for i in reversed(range(self.depth)):
            below, w, kept, active, dropped = tape[i]
            if active is not None:
                if self.dropout is not None:
                    signal = bare(self.dropout.backward(signal, dropped))
                signal = signal * self.slope(active)
                self.signals.insert(0, signal)
                if self.normalise is not None and self.normalise.learns:
                    signal, grads[f"gamma{i}"], grads[f"beta{i}"] = self.normalise.backward(
                        signal, kept
                    )
                elif self.normalise is not None:
                    signal = bare(self.normalise.backward(signal, kept))
            grads[f"w{i}"] = np.einsum("nd,nm->dm", below, signal, optimize=True)
            grads[f"b{i}"] = np.einsum("nm->m", signal)
            signal = np.einsum("nm,dm->nd", signal, w, optimize=True)
        return grads


def _cross_entropy(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    truth = np.eye(scores.shape[1])[y]
    moved = scores - np.max(scores, axis=1)[:, None]
    total = np.logaddexp.reduce(moved, axis=1)[:, None]
    guess = np.exp(moved - total)
    return float(np.mean(total[:, 0] - np.sum(moved * truth, axis=1))), (guess - truth) / len(y)
