"""A small layer: the reference, and runners in which a mistake was made."""

import inspect

import numpy as np

from autograder.exercises.interpreter import LocalRunner


def scale_forward(x, w):
    out = x * w
    return out, (x, w)


def scale_backward(dout, cache):
    x, w = cache
    dx = dout * w
    dw = (dout * x).sum(axis=0)
    return dx, dw


SOURCES = {f.__name__: inspect.getsource(f) for f in (scale_forward, scale_backward)}
GLOBALS = {"np": np, "scale_forward": scale_forward, "scale_backward": scale_backward}


def mistaken(mistake):
    namespace = dict(GLOBALS)
    exec(mistake.apply(SOURCES[mistake.function]), namespace)
    return LocalRunner(namespace)
