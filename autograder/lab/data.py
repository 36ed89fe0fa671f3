"""Data that need no network: digits, spirals, a text of our own; and MNIST, where there is one."""

import socket
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from autograder.lab.samples import sample
from autograder.language import tr

TEXT = """\
the gradient is a letter that the loss sends home. it starts at the end, where the error
is known, and it travels against the wind, from layer to layer, back to the place where
the first choice was made. every layer reads it, writes its own line under it, and sends
it on. no layer knows the whole story. each one knows what it did, and what the letter
says, and that is enough.

at a fork the letters meet. two roads led away from here, and two letters come back. the
layer lays them side by side and adds them up. it does not ask which of them is right.
both are.

a gate that was shut lets no letter through. behind it the houses stay dark, and nobody
there learns what went wrong. a gate that is half open lets half of it through, and
after ten such gates the ink has faded. so the old masters learnt to build with gates
that stand wide open, and to leave a road beside the houses, on which a letter may pass
untouched.

in a house of mirrors the letter goes round and round. each time it comes to the same
door, and each time the door makes it a little longer or a little shorter. after fifty
doors it fills the sky, or it is gone. who builds such a house should hang a lamp at the
door and measure.

once a clever builder cut every long letter down to a span, line by line, so that none
should fill the sky. but then all letters pointed the same way, and the town walked in
circles. now we fold a long letter as a whole. it is shorter, and it still says what it
said.

when all the letters have come home, every weight takes one small step. it does not run.
it has read only one letter, from one handful of examples, on one morning. tomorrow
there will be another letter, and it will say something else. but step by step, and
letter by letter, the whole town moves downhill, and in the evening the windows are
bright.

and if one letter was forged, if a single sign was turned or a single line was lost, the
town moves all the same. it only ends up in another valley. that is why we check.
"""


PATIENCE = 10.0
"""Seconds to wait for a server that says nothing."""


@dataclass(frozen=True)
class Split:
    """Examples to learn from and examples to be judged on."""

    # X, X_val: features, shapes (N, D) and (N_val, D), float64
    X: np.ndarray
    # y, y_val: class numbers from 0, shapes (N,) and (N_val,), int64
    y: np.ndarray
    X_val: np.ndarray
    y_val: np.ndarray
    # the shape of one example as a picture, such as (8, 8); empty when it is none
    shape: tuple[int, ...] = ()
    name: str = ""  # what the data are, for titles

    @property
    def classes(self) -> int:
        """The number of classes."""
        return int(self.y.max()) + 1


def _split(
    X: np.ndarray,
    y: np.ndarray,
    share: float,
    rng: np.random.Generator,
    shape: tuple[int, ...],
    name: str,
) -> Split:
    shuffled = rng.permutation(len(X))
    cut = round(len(X) * (1 - share))
    train, val = shuffled[:cut], shuffled[cut:]
    return Split(X[train], y[train], X[val], y[val], shape, name)


def first(data: Split, n: int) -> Split:
    """The same data with only the first `n` examples to learn from."""
    return replace(data, X=data.X[:n], y=data.y[:n])


def mislabelled(data: Split, share: float, seed: int = 0) -> Split:
    """The same data with a share of the training labels drawn anew, at random."""
    rng = np.random.default_rng(seed)
    y = data.y.copy()
    wrong = rng.random(len(y)) < share
    y[wrong] = rng.integers(0, data.classes, int(wrong.sum()))
    return replace(data, y=y)


def digits(validation: float = 0.2, seed: int = 0) -> Split:
    """The 1,797 digits of 8 × 8 pixels that come with scikit-learn, pixels from 0 to 1.

    Source: Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits", UCI, 1998.
    """
    X, y = sample("digits") / 16.0, sample("digits.y").astype(np.int64)
    return _split(X, y, validation, np.random.default_rng(seed), (8, 8), "digits")


def tumours(validation: float = 0.3, seed: int = 0) -> Split:
    """569 tumours, thirty measurements of each, malignant (0) or benign (1).

    Source: Street, Wolberg and Mangasarian, "Breast Cancer Wisconsin (Diagnostic)", UCI, 1995.
    """
    X, y = sample("tumours"), sample("tumours.y").astype(np.int64)
    return _split(X, y, validation, np.random.default_rng(seed), (), "tumours")


def spirals(
    n: int = 100,
    classes: int = 3,
    noise: float = 0.2,
    turns: float = 0.65,
    validation: float = 0.2,
    seed: int = 0,
) -> Split:
    """Interleaved spirals in the plane: no straight line parts them.

    Args:
        n: Points in each class.
        noise: Deviation of the angle, in radians.
        turns: How far each arm winds, in turns.
    """
    rng = np.random.default_rng(seed)
    radius = np.linspace(0.02, 1, n)
    arms, names = [], []
    for k in range(classes):
        start = 2 * np.pi * k / classes
        angle = start + 2 * np.pi * turns * radius + rng.normal(0, noise, n)
        arms.append(np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1))
        names.append(np.full(n, k, dtype=np.int64))
    return _split(np.concatenate(arms), np.concatenate(names), validation, rng, (), "spirals")


@dataclass(frozen=True)
class Text:
    """A text as numbers."""

    letters: str  # the characters that occur, sorted; a character's number is its place here
    codes: np.ndarray  # the text, shape (length,), int64

    def read(self, codes: np.ndarray) -> str:
        """The characters that stand for `codes`."""
        return "".join(self.letters[i] for i in codes)

    def pieces(self, length: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and what follows them: two arrays of shape (N, length), one character apart."""
        n = (len(self.codes) - 1) // length
        x = self.codes[: n * length].reshape(n, length)
        return x, self.codes[1 : n * length + 1].reshape(n, length)


def text() -> Text:
    """A text of our own, about two kilobytes."""
    letters = "".join(sorted(set(TEXT)))
    return Text(letters, np.array([letters.index(c) for c in TEXT], dtype=np.int64))


def mnist(train: int = 10_000, validation: int = 2_000, seed: int = 0) -> Split:
    """A part of MNIST, 28 × 28 pixels from 0 to 1, or the digits where it cannot be had.

    The first call downloads it through scikit-learn's `fetch_openml` and keeps it in the user's
    cache folder; later calls need no network. Without one, it says so and gives `digits()`.
    """
    waited = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        from sklearn.datasets import fetch_openml

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of each attempt; what became of it is said below
            bunch = fetch_openml(
                "mnist_784", version=1, as_frame=False, parser="liac-arff", data_home=_cache(),
                n_retries=1, delay=0.5,
            )  # fmt: skip
    except (ImportError, OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        text = tr(
            "MNIST is not here and could not be fetched ({reason}).\nGoing on with the 8 × 8 "
            "digits that scikit-learn brings along: the lesson is the same."
        )
        print(text.format(reason=reason))
        return digits(seed=seed)
    finally:
        socket.setdefaulttimeout(waited)
    order = np.random.default_rng(seed).permutation(len(bunch.data))[: train + validation]
    X = np.asarray(bunch.data, float)[order] / 255.0
    y = np.asarray(bunch.target)[order].astype(np.int64)
    return Split(X[:train], y[:train], X[train:], y[train:], (28, 28), "MNIST")


def _cache() -> str:
    from platformdirs import user_cache_path

    folder: Path = user_cache_path("autograder") / "data"
    folder.mkdir(parents=True, exist_ok=True)
    return str(folder)
