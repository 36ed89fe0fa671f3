"""Feedback on hidden cases tells nothing that student code can choose by what it was given."""

import warnings

import numpy as np
import pytest

from autograder.checks.verdict import discreet
from autograder.exercises.interpreter import LocalRunner
from autograder.explain import examine, prepare
from tests.explain.small import GLOBALS, mistaken, scale_backward, scale_forward

SEEDS = ("one", "another", "a third")
LINES = "\n".join(f"    if k == {k}: raise ValueError" for k in range(256))
exec(f"def by_line(k):\n{LINES}", LINED := {})


def throw(error):
    raise error


def warn(text, value):
    warnings.warn(text, stacklevel=1)
    return value


def in_place(k, x):
    x[0, 0] = k
    return x


# Each gets a number k from 0 to 255 that tells a hidden input, the input, and the right output.
CHANNELS = {
    "message": lambda k, x, out: throw(ValueError(f"TOLD {k}")),
    "line": lambda k, x, out: LINED["by_line"](k),
    "class": lambda k, x, out: throw(type(f"TOLD{k}", (Exception,), {})()),
    "base class": lambda k, x, out: throw(
        [OSError, EOFError, AssertionError, RecursionError, BufferError][k % 5]("TOLD")
    ),
    "exit": lambda k, x, out: throw(SystemExit(k)),
    "memory": lambda k, x, out: throw(MemoryError(f"TOLD {k}")),
    "size of an error": lambda k, x, out: out * (k + 2),
    "place of an error": lambda k, x, out: (
        out + 9 * (np.arange(out.size) == k % 4).reshape(-1, 1)
        if out.shape[1] == 1
        else out + 9 * (np.arange(out.size).reshape(out.shape) == k % 4)
    ),
    "entries that are wrong": lambda k, x, out: (
        out + 9 * (np.arange(out.size) <= k % 3).reshape(out.shape)
    ),
    "entries that are nan": lambda k, x, out: np.where(
        np.arange(out.size).reshape(out.shape) <= k % 3, np.nan, out
    ),
    "shape": lambda k, x, out: np.zeros((k + 20, 2)),
    "dimensions": lambda k, x, out: np.zeros((1,) * (k % 5 + 3)),
    "dtype": lambda k, x, out: out.astype(["c8", "c16"][k % 2]),
    "fields": lambda k, x, out: np.zeros(2, [(f"TOLD{k}", "f8")]),
    "object": lambda k, x, out: type(f"TOLD{k}", (), {})(),
    "text": lambda k, x, out: f"TOLD {k}",
    "list": lambda k, x, out: [1.0] * (k + 50),
    "dict": lambda k, x, out: {f"TOLD{k}": out},
    "warning": lambda k, x, out: warn(f"TOLD {k}", out + 9),
    "changed in place": lambda k, x, out: in_place(k, x) * 0 - 7,
}


@pytest.fixture(scope="module")
def asked(scale):
    """The public question, and a hidden one for each of some seeds."""
    runners = {mistake: mistaken(mistake) for mistake in scale.mistakes}
    reference = LocalRunner(GLOBALS)
    public = prepare(scale, reference=reference, mistaken=runners, hidden=False)
    hidden = [
        prepare(scale, seed=seed, rounds=2, reference=reference, mistaken=runners, hidden=True)
        for seed in SEEDS
    ]
    return public, hidden


def key(x):
    """A number that differs between hidden inputs."""
    return int(abs(float(x.ravel()[0])) * 1e4) % 256


def told(public, hidden, functions):
    results = examine([public, hidden], LocalRunner({**GLOBALS, **functions}))
    return [[f for f in discreet(r).findings if f.hidden] for r in results]


@pytest.mark.parametrize("on_public", [True, False], ids=["also public", "only hidden"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_what_is_told_does_not_depend_on_a_hidden_input(asked, channel, on_public):
    public, hidden = asked
    known = {
        np.asarray(getattr(e.case.inputs["x"], "array", e.case.inputs["x"])).tobytes()
        for e in public.expectations
    }
    keys = []

    def forward(x, w):
        if not on_public and np.ascontiguousarray(x).tobytes() in known:
            return scale_forward(x, w)
        keys.append(key(x))
        value, cache = CHANNELS[channel](key(x), x, x * w), (x, w)
        return value, cache

    seen = [told(public, each, {"scale_forward": forward}) for each in hidden]
    assert len(set(keys)) > 5
    forward_findings = [found[0] for found in seen]
    assert forward_findings[0] and forward_findings == forward_findings[:1] * len(SEEDS)
    assert "TOLD" not in repr(seen)


def test_a_mistake_is_named_on_hidden_cases_only_as_on_public_ones(asked):
    """Otherwise which mistake is made there could tell a hidden input."""
    public, hidden = asked
    known = {e.case.upstream[0].tobytes() for e in public.expectations}

    def always(dout, cache):
        dx, dw = scale_backward(dout, cache)
        return dx, dw / len(dout)

    def only_hidden(dout, cache):
        right = dout.tobytes() in known
        return scale_backward(dout, cache) if right else always(dout, cache)

    for backward, names in ((always, {"dw_mean"}), (only_hidden, {""})):
        for each in hidden:
            found = told(public, each, {"scale_backward": backward})[1]
            assert {f.mistake for f in found} == names
            assert all((f.explanation is not None) == bool(f.mistake) for f in found)
