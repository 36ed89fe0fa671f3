"""Pictures as data: a photograph, digits as arrays of pixels, and what can be done to them."""

from dataclasses import replace

import numpy as np

from autograder.lab.data import Split
from autograder.lab.samples import sample


def photo(shrink: int = 4) -> np.ndarray:
    """A photograph that comes with scikit-learn, grey, shape (106, 160), from 0 to 1.

    Args:
        shrink: Blocks of so many pixels a side become one.
    """
    grey = sample("photo").mean(axis=2) / 255.0
    height, width = (side // shrink for side in grey.shape)
    blocks = grey[: height * shrink, : width * shrink].reshape(height, shrink, width, shrink)
    return np.asarray(blocks.mean(axis=(1, 3)))


def as_pictures(data: Split) -> Split:
    """The same examples as pictures of one channel, shape (N, 1, H, W)."""
    shape = (-1, 1, *data.shape)
    return replace(data, X=data.X.reshape(shape), X_val=data.X_val.reshape(shape))


def as_rows(data: Split) -> Split:
    """The same examples as rows of numbers, shape (N, D)."""
    return replace(data, X=_rows(data.X), X_val=_rows(data.X_val))


def rearranged(data: Split, places: np.ndarray) -> Split:
    """The same pictures with their pixels in another order, the same one for all."""
    X, X_val = (_rows(X)[:, places].reshape(X.shape) for X in (data.X, data.X_val))
    return replace(data, X=X, X_val=X_val)


def moved(X: np.ndarray, down: int, right: int) -> np.ndarray:
    """Pictures (N, C, H, W) moved by some pixels; what comes in at the other side is 0."""
    height, width = X.shape[2:]
    reach = max(abs(down), abs(right))
    room = np.zeros((*X.shape[:2], height + 2 * reach, width + 2 * reach))
    room[:, :, reach : reach + height, reach : reach + width] = X
    top, left = reach - down, reach - right
    return room[:, :, top : top + height, left : left + width]


def side_holding(share: float, weight: np.ndarray) -> int:
    """The side of the square around the middle that holds a share of all the weight.

    Example:
        >>> side_holding(0.5, np.array([[1, 1, 1], [1, 12, 1], [1, 1, 1]]))
        1
    """
    middle = len(weight) // 2
    for reach in range(middle + 1):
        around = slice(middle - reach, middle + reach + 1)
        if weight[around, around].sum() >= share * weight.sum():
            return 2 * reach + 1
    return len(weight)


def _rows(X: np.ndarray) -> np.ndarray:
    return X.reshape(len(X), -1)
