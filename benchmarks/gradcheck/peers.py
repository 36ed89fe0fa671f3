"""The checkers side by side: each judges a case with its own defaults.

A peer that is not installed is left out and reported as such. Where a peer returns a numerical
gradient and no verdict (SciPy, numdifftools), the rule is ours and kind: the gradient passes when,
array by array, the difference is at most 1e-6 of the numerical gradient's norm.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from autograder.numerical import check_backward
from benchmarks.gradcheck.cases import Case, upstream_for

Answer = tuple[str, int]


class Counted:
    """A forward that counts its calls and hands out fresh copies."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.calls = 0
        self.free = [i for i, a in enumerate(case.arrays) if _is_float(a)]

    def __call__(self, *arrays: Any) -> Any:
        self.calls += 1
        return self.case.forward(*(np.array(a) for a in arrays))

    def of_floats(self, *floats: Any) -> Any:
        return self(*self.full(floats))

    def full(self, floats: Any) -> list[Any]:
        arrays = list(self.case.arrays)
        for i, a in zip(self.free, floats):
            arrays[i] = np.asarray(a)
        return arrays

    def gradients(self, upstream: Any, floats: Any) -> list[np.ndarray]:
        upstream = np.array(upstream) if np.ndim(upstream) else float(upstream)
        return [
            np.asarray(g) for g in self.case.backward(upstream, *map(np.array, self.full(floats)))
        ]

    @property
    def floats(self) -> list[np.ndarray]:
        return [self.case.arrays[i] for i in self.free]


def _is_float(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"


def ours(case: Case, seed: int) -> Answer:
    report = check_backward(case.forward, case.backward, case.arrays, seed=seed)
    return report.verdict, report.evaluations


# --- numerical gradients of sum(upstream * out), shared by all mistakes of one input -------------

_known: dict[tuple[str, str, str, int], tuple[Any, list[np.ndarray], int]] = {}


def _numerical(
    method: str, case: Case, gradient: Callable[[Callable[[np.ndarray], float], np.ndarray], Any]
) -> tuple[Any, list[np.ndarray], int]:
    key = (method, case.operation, case.regime, case.seed)
    if key not in _known:
        f = Counted(case)
        upstream = upstream_for(np.random.default_rng(case.seed), np.asarray(f(*case.arrays)))
        shapes = [a.shape for a in f.floats]
        cuts = np.cumsum([a.size for a in f.floats])[:-1]

        def split(flat: np.ndarray) -> list[np.ndarray]:
            return [p.reshape(s) for p, s in zip(np.split(flat, cuts), shapes)]

        def scalar(flat: np.ndarray) -> float:
            parts = [p.astype(a.dtype) for p, a in zip(split(np.asarray(flat)), f.floats)]
            return float(np.sum(upstream * f.of_floats(*parts)))

        start = np.concatenate([a.ravel() for a in f.floats]).astype(np.float64)
        f.calls = 0
        _known[key] = upstream, split(np.asarray(gradient(scalar, start))), f.calls
    return _known[key]


def _within(case: Case, upstream: Any, numerical: list[np.ndarray], relative: float) -> bool:
    got = Counted(case).gradients(upstream, Counted(case).floats)
    return all(
        float(np.linalg.norm(g - n)) <= relative * float(np.linalg.norm(n))
        for g, n in zip(got, numerical)
    )


def scipy_check_grad(case: Case, seed: int) -> Answer:
    optimize = importlib.import_module("scipy.optimize")
    upstream, numerical, calls = _numerical(
        "scipy forward", case, lambda f, x: optimize.approx_fprime(x, f)
    )
    return _verdict(_within(case, upstream, numerical, 1e-6)), calls


def scipy_derivative(case: Case, seed: int) -> Answer:
    numdiff = importlib.import_module("scipy.optimize._numdiff")
    upstream, numerical, calls = _numerical(
        "scipy 3-point", case, lambda f, x: np.ravel(numdiff.approx_derivative(f, x))
    )
    return _verdict(_within(case, upstream, numerical, 1e-6)), calls


def numdifftools(case: Case, seed: int) -> Answer:
    nd = importlib.import_module("numdifftools")
    upstream, numerical, calls = _numerical(
        "numdifftools", case, lambda f, x: np.ravel(nd.Gradient(f)(x))
    )
    return _verdict(_within(case, upstream, numerical, 1e-6)), calls


def cs231n(case: Case, seed: int) -> Answer:
    """Centred differences with h = 1e-5, entry by entry; largest relative error at most 1e-6."""

    def gradient(f: Callable[[np.ndarray], float], x: np.ndarray) -> np.ndarray:
        slopes = np.zeros_like(x)
        for i in range(x.size):
            old = x[i]
            x[i] = old + 1e-5
            up = f(x)
            x[i] = old - 1e-5
            slopes[i] = (up - f(x)) / 2e-5
            x[i] = old
        return slopes

    upstream, numerical, calls = _numerical("cs231n", case, gradient)
    got = Counted(case).gradients(upstream, Counted(case).floats)
    worst = max(
        float(np.max(np.abs(g - n) / np.maximum(1e-8, np.abs(g) + np.abs(n))))
        for g, n in zip(got, numerical)
    )
    return _verdict(worst <= 1e-6), calls


def chainer(case: Case, seed: int) -> Answer:
    """One random unit direction through all arrays, eps 1e-3, rtol 1e-4, atol 1e-5.

    With its detection of kinks: five values along the line, fitted by a parabola.
    """
    rng = np.random.default_rng(seed)
    f = Counted(case)
    upstream = upstream_for(rng, np.asarray(f(*case.arrays)))
    directions = [rng.standard_normal(a.shape) for a in f.floats]
    norm = np.sqrt(sum(float(np.sum(d * d)) for d in directions))
    directions = [d / norm for d in directions]

    def along(t: float) -> Any:
        return f.of_floats(*(a + t * d for a, d in zip(f.floats, directions)))

    eps = 1e-3
    values = [np.asarray(along(eps * t)) for t in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    if not all(np.all(np.isfinite(v)) for v in values):
        return "inconclusive", f.calls
    ts = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    table = np.array([v.ravel() for v in values])
    fit = np.polynomial.polynomial.polyvander(ts, 2)
    rest = table - fit @ np.linalg.lstsq(fit, table, rcond=None)[0]
    spread = table.max(axis=0) - table.min(axis=0)
    if np.any(np.abs(rest).max(axis=0) > 0.01 * spread + 1e-12):
        return "inconclusive", f.calls
    numeric = float(np.sum(upstream * (values[4] - values[0]))) / (2 * eps)
    got = f.gradients(upstream, f.floats)
    analytic = sum(float(np.sum(g * d)) for g, d in zip(got, directions))
    return _verdict(abs(numeric - analytic) <= 1e-5 + 1e-4 * abs(numeric)), f.calls


def torch_gradcheck(case: Case, seed: int) -> Answer:
    torch = importlib.import_module("torch")
    f = Counted(case)

    class Wrapped(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *tensors: Any) -> Any:
            ctx.floats = [t.detach().numpy().copy() for t in tensors]
            return torch.from_numpy(np.array(f.of_floats(*ctx.floats)))

        @staticmethod
        def backward(ctx: Any, upstream: Any) -> Any:
            gradients = f.gradients(upstream.detach().numpy(), ctx.floats)
            return tuple(
                torch.from_numpy(np.array(g, dtype=a.dtype)) for g, a in zip(gradients, ctx.floats)
            )

    tensors = [torch.from_numpy(np.array(a)).requires_grad_() for a in f.floats]
    passed = torch.autograd.gradcheck(Wrapped.apply, tensors, raise_exception=False)
    return _verdict(bool(passed)), f.calls


def hips_autograd(case: Case, seed: int) -> Answer:
    extend = importlib.import_module("autograd.extend")
    test_util = importlib.import_module("autograd.test_util")
    np.random.seed(seed)
    f = Counted(case)
    wrapped = extend.primitive(lambda *floats: f.of_floats(*floats))

    def vjp(i: int) -> Callable[..., Any]:
        return lambda answer, *floats: lambda g: f.gradients(g, floats)[i]

    extend.defvjp(wrapped, *[vjp(i) for i in range(len(f.free))])
    try:
        test_util.check_grads(wrapped, tuple(range(len(f.free))), modes=["rev"], order=1)(*f.floats)
    except AssertionError:
        return "fail", f.calls
    return "pass", f.calls


def jax_check_vjp(case: Case, seed: int) -> Answer:
    jax = importlib.import_module("jax")
    test_util = importlib.import_module("jax.test_util")
    jax.config.update("jax_enable_x64", True)
    f = Counted(case)

    def forward(*floats: Any) -> np.ndarray:
        return np.asarray(f.of_floats(*map(np.asarray, floats)))

    def with_vjp(*floats: Any) -> tuple[np.ndarray, Callable[[Any], Any]]:
        return forward(*floats), lambda u: tuple(
            np.asarray(g, dtype=a.dtype)
            for g, a in zip(f.gradients(np.asarray(u), floats), f.floats)
        )

    try:
        test_util.check_vjp(forward, with_vjp, tuple(f.floats))
    except AssertionError:
        return "fail", f.calls
    return "pass", f.calls


def _verdict(passed: bool) -> str:
    return "pass" if passed else "fail"


@dataclass(frozen=True)
class Peer:
    """A checker.

    Attributes:
        name: For tables and plots.
        check: Judges a case.
        package: What must be installed; "" when nothing.
        loops: Whether it goes entry by entry, so that large inputs are out of reach.
    """

    name: str
    check: Callable[[Case, int], Answer]
    package: str = ""
    loops: bool = False

    @property
    def version(self) -> str | None:
        if not self.package:
            return ""
        try:
            return importlib.metadata.version(self.package)
        except importlib.metadata.PackageNotFoundError:
            return None

    def judge(self, case: Case, seed: int) -> Answer:
        """Judge; an exception that is no verdict counts as a failed case."""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return self.check(case, seed)
            except (ValueError, RuntimeError, TypeError, FloatingPointError, np.linalg.LinAlgError):
                return "fail", 0


PEERS = [
    Peer("ours", ours),
    Peer("torch gradcheck", torch_gradcheck, "torch", loops=True),
    Peer("JAX check_vjp", jax_check_vjp, "jax"),
    Peer("autograd check_grads", hips_autograd, "autograd"),
    Peer("Chainer's method", chainer),
    Peer("CS231n's method", cs231n, loops=True),
    Peer("SciPy check_grad", scipy_check_grad, "scipy", loops=True),
    Peer("SciPy 3-point", scipy_derivative, "scipy", loops=True),
    Peer("numdifftools", numdifftools, "numdifftools", loops=True),
]
