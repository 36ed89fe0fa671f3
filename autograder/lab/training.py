"""A small training loop with a progress bar. The gradients are the student's; the loop is ours."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

Parameters = dict[str, np.ndarray]
Item = TypeVar("Item")


@dataclass
class History:
    """What a training run leaves behind."""

    loss: list[float] = field(default_factory=list)  # the loss of every mini-batch, in order
    # train, val: accuracy from 0 to 1 after every epoch
    train: list[float] = field(default_factory=list)
    val: list[float] = field(default_factory=list)


def progress(items: Iterable[Item], total: int | None = None, label: str = "") -> Iterator[Item]:
    """Go through `items` and show how far it is, in one line that is written over."""
    count = total if total is not None else len(items) if isinstance(items, Sized) else 0
    done, shown = 0, time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - shown > 0.2:
            shown = now
            _write(_bar(done, count, label))
    _write(_bar(done, count or done, label) + "\n")


def _bar(done: int, count: int, label: str) -> str:
    filled = round(24 * done / count) if count else 0
    return f"\r{label} |{'█' * filled}{'·' * (24 - filled)}| {done}/{count or '?'}"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def minibatches(
    n: int, size: int, epochs: int, rng: np.random.Generator
) -> Iterator[tuple[int, np.ndarray]]:
    """Epoch number and the indices of each mini-batch; every epoch visits each example once."""
    for number in range(epochs):
        order = rng.permutation(n)
        for start in range(0, n, size):
            yield number, order[start : start + size]


def train(
    loss_and_grads: Callable[[np.ndarray, np.ndarray], tuple[float, Parameters]],
    parameters: Parameters,
    data: Any,
    *,
    step: Callable[[np.ndarray, np.ndarray], np.ndarray],
    predict: Callable[[np.ndarray], np.ndarray] | None = None,
    epochs: int = 10,
    batch: int = 50,
    seed: int = 0,
    label: str = "training",
) -> History:
    """Forward, loss, backward, update, repeat.

    Args:
        loss_and_grads: `(X, y) -> loss, gradients`, with a gradient for every parameter.
        parameters: Changed as training goes on: the dict is kept, its arrays are replaced.
        data: A `data.Split`.
        step: `(w, dw) -> new w`, such as a step of gradient descent.
        predict: `X -> scores`; when given, accuracies are recorded after every epoch.
    """
    history = History()
    rng = np.random.default_rng(seed)
    per_epoch = -(-len(data.X) // batch)
    steps = minibatches(len(data.X), batch, epochs, rng)
    for count, (_, rows) in enumerate(progress(steps, epochs * per_epoch, label), start=1):
        loss, grads = loss_and_grads(data.X[rows], data.y[rows])
        history.loss.append(float(loss))
        for name in parameters:
            parameters[name] = step(parameters[name], grads[name])
        if predict is not None and count % per_epoch == 0:
            history.train.append(accuracy(predict, data.X, data.y))
            history.val.append(accuracy(predict, data.X_val, data.y_val))
    return history


def accuracy(predict: Callable[[np.ndarray], np.ndarray], X: np.ndarray, y: np.ndarray) -> float:
    """The share of examples whose largest score stands at the right class."""
    return float(np.mean(np.argmax(predict(X), axis=1) == y))


def bare(gradient: Any) -> Any:
    """A gradient that may come bare or as a 1-sequence."""
    return gradient[0] if isinstance(gradient, (tuple, list)) else gradient


class Rprop:
    """Steps whose size each weight finds for itself; for gradients of the *whole* data set.

    While the sign of a gradient stays, its weight's step grows; when it turns, the step shrinks and
    is skipped once. Source: M. Riedmiller and H. Braun (1993), in the variant "iRprop-".
    """

    def __init__(self, first: float = 0.01, largest: float = 0.3) -> None:
        self.first, self.largest = first, largest
        self.steps: Parameters = {}
        self.signs: Parameters = {}

    def update(self, parameters: Parameters, grads: Mapping[str, np.ndarray]) -> None:
        """Replace every array of `parameters` that has a gradient."""
        for name, grad in grads.items():
            before = self.signs.get(name, np.zeros_like(grad))
            step = self.steps.get(name, np.full_like(grad, self.first))
            sign = np.sign(grad)
            agree = sign * before
            factor = np.where(agree > 0, 1.2, np.where(agree < 0, 0.5, 1.0))
            self.steps[name] = np.clip(step * factor, 1e-7, self.largest)
            self.signs[name] = np.where(agree < 0, 0.0, sign)
            parameters[name] = parameters[name] - self.signs[name] * self.steps[name]


class Adamax:
    """Steps of a length that no gradient can stretch, in a direction that is averaged over a few.

    Source: D. Kingma and J. Ba (2015), the variant of section 7.1.
    """

    def __init__(self, rate: float, forget: float = 0.1, fade: float = 0.01) -> None:
        self.rate, self.forget, self.fade = rate, forget, fade
        self.taken = 0
        self.means: Parameters = {}
        self.peaks: Parameters = {}

    def update(self, parameters: Parameters, grads: Mapping[str, np.ndarray]) -> None:
        """Replace every array of `parameters` that has a gradient; float32 stays float32."""
        self.taken += 1
        rate = self.rate / (1 - (1 - self.forget) ** self.taken)
        for name, grad in grads.items():
            mean = self.means.get(name, np.zeros_like(grad))
            self.means[name] = mean + self.forget * (grad - mean)
            peak = (1 - self.fade) * self.peaks.get(name, np.zeros_like(grad))
            self.peaks[name] = np.maximum(peak, np.abs(grad))
            step = self.means[name] / (self.peaks[name] + 1e-12)
            parameters[name] = parameters[name] - rate * step
