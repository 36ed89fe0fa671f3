"""Data sets: shapes, splits, repeatability, and MNIST where there is no network."""

from urllib.error import URLError

import numpy as np
import pytest

from autograder.lab import data


def test_digits_are_split_without_overlap():
    digits = data.digits()
    assert digits.X.shape == (1438, 64) and digits.X_val.shape == (359, 64)
    assert digits.classes == 10 and digits.shape == (8, 8)
    assert digits.X.min() == 0 and digits.X.max() == 1
    assert np.array_equal(digits.X, data.digits().X)
    assert not np.array_equal(digits.X, data.digits(seed=1).X)


def test_spirals_have_as_many_points_in_each_arm():
    spirals = data.spirals(n=40, classes=4)
    labels = np.concatenate([spirals.y, spirals.y_val])
    assert np.bincount(labels).tolist() == [40] * 4
    assert np.abs(np.concatenate([spirals.X, spirals.X_val])).max() <= 1


def test_first_and_mislabelled_leave_validation_alone():
    digits = data.digits()
    few = data.mislabelled(data.first(digits, 100), 0.3)
    assert len(few.X) == len(few.y) == 100
    assert 0.15 < np.mean(few.y != digits.y[:100]) < 0.4
    assert few.y_val is digits.y_val


def test_text_is_two_thousand_letters():
    text = data.text()
    assert 1950 < len(text.codes) < 2150
    x, y = text.pieces(50)
    assert x.shape == y.shape and x.shape[1] == 50
    assert np.array_equal(x.ravel()[1:], y.ravel()[:-1])
    assert text.read(x[0]).startswith("the gradient is a letter")


def test_without_a_network_mnist_says_so_and_gives_digits(monkeypatch, capsys):
    import sklearn.datasets

    def unreachable(*_, **__):
        raise URLError("no network")

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", unreachable)
    found = data.mnist()
    assert found.name == "digits"
    assert "no network" in capsys.readouterr().out


def test_mnist_is_scaled_and_split(monkeypatch):
    import sklearn.datasets

    rng = np.random.default_rng(0)

    class Bunch:
        data = rng.integers(0, 256, (50, 784))
        target = rng.integers(0, 10, 50).astype(str)

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", lambda *_, **__: Bunch)
    found = data.mnist(train=30, validation=10)
    assert found.X.shape == (30, 784) and found.X_val.shape == (10, 784)
    assert found.X.max() <= 1 and found.y.dtype == np.int64


@pytest.mark.parametrize("kind", [data.digits, data.spirals])
def test_labels_fit_the_examples(kind):
    split = kind()
    assert len(split.X) == len(split.y) and len(split.X_val) == len(split.y_val)
