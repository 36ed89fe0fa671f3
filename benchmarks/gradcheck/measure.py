"""The measurements: verdicts on the bank, evaluations by size, detection by size of the error."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from autograder.numerical import check_backward
from benchmarks.gradcheck import bank
from benchmarks.gradcheck.cases import REGIMES, Case, cases
from benchmarks.gradcheck.peers import PEERS, Peer


@dataclass
class Score:
    """How one checker did on the bank.

    Attributes:
        verdicts: (regime, right?, verdict) -> how often.
        evaluations: Of all right backwards in the regime "plain".
        seconds: For all cases.
        slips: The cases it got wrong.
    """

    verdicts: Counter[tuple[str, bool, str]] = field(default_factory=Counter)
    evaluations: list[int] = field(default_factory=list)
    seconds: float = 0.0
    slips: list[str] = field(default_factory=list)

    def count(self, right: bool, verdict: str | None = None, regime: str | None = None) -> int:
        return sum(
            n
            for (where, was_right, said), n in self.verdicts.items()
            if was_right == right and verdict in (None, said) and regime in (None, where)
        )


def verdicts(peers: Sequence[Peer], quick: bool) -> dict[str, Score]:
    """Let every peer judge every case of the bank."""
    scores: dict[str, Score] = defaultdict(Score)
    seeds = bank.SEEDS[:1] if quick else bank.SEEDS
    every = cases(bank.OPERATIONS, bank.GENERAL, REGIMES, seeds)
    for n, case in enumerate(every):
        if quick and not case.right and n % 4:
            continue
        for peer in peers:
            score = scores[peer.name]
            start = time.perf_counter()
            verdict, evaluations = peer.judge(case, n)
            score.seconds += time.perf_counter() - start
            score.verdicts[case.regime, case.right, verdict] += 1
            if case.right and case.regime == "plain":
                score.evaluations.append(evaluations)
            if verdict != ("pass" if case.right else "fail"):
                score.slips.append(
                    f"{verdict}: {case.operation}, {case.regime}, {case.mistake or 'right'}, "
                    f"error {case.error:.1e}, seed {case.seed}"
                )
    return dict(scores)


# --- by size --------------------------------------------------------------------------------------


def _dense(act, slope, n, d, h, rng):
    def forward(x, w, b):
        return act(x @ w + b)

    def backward(dout, x, w, b):
        dz = dout * slope(x @ w + b)
        return dz @ w.T, x.T @ dz, dz.sum(axis=0)

    arrays = [rng.standard_normal((n, d)), rng.standard_normal((d, h)) / np.sqrt(d)]
    return forward, backward, [*arrays, 0.1 * rng.standard_normal(h)]


def _tanh_layer(n, d, h, rng):
    return _dense(np.tanh, lambda z: 1 - np.tanh(z) ** 2, n, d, h, rng)


def _relu_layer(n, d, h, rng):
    return _dense(lambda z: np.maximum(z, 0), lambda z: z > 0, n, d, h, rng)


def _network_loss(n, d, h, rng):
    def forward(x, w, v, y):
        s = np.maximum(x @ w, 0) @ v
        s = s - s.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y])

    def backward(dout, x, w, v, y):
        z = x @ w
        s = np.maximum(z, 0) @ v
        p = np.exp(s - s.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        p *= dout / len(y)
        dz = (p @ v.T) * (z > 0)
        return dz @ w.T, x.T @ dz, np.maximum(z, 0).T @ p

    arrays = [rng.standard_normal((n, d)), rng.standard_normal((d, h)) / np.sqrt(d)]
    return forward, backward, [*arrays, rng.standard_normal((h, 4)), rng.integers(0, 4, n)]


LAYERS = {"tanh layer": _tanh_layer, "relu layer": _relu_layer, "relu network, loss": _network_loss}
SIZES = (
    (2, 2, 2),
    (3, 5, 4),
    (8, 16, 12),
    (16, 50, 40),
    (40, 150, 120),
    (100, 350, 300),
    (100, 800, 400),
)


@dataclass(frozen=True)
class SizeRow:
    """One measurement by size; ``verdict`` of a right backward and of three wrong ones."""

    layer: str
    checker: str
    parameters: int
    verdict: str
    evaluations: int
    ratio: float
    wrong: tuple[str, ...] = ()
    wrong_evaluations: tuple[int, ...] = ()


def _wrong(backward):
    def one_entry(dout, *arrays):
        gradients = [np.array(g) for g in backward(dout, *arrays)]
        gradients[1].flat[gradients[1].size // 3] += 0.1 * np.abs(gradients[1]).max()
        return gradients

    def last_halved(dout, *arrays):
        return [*backward(dout, *arrays)[:-1], 0.5 * backward(dout, *arrays)[-1]]

    def first_by_1e_5(dout, *arrays):
        return [(1 + 1e-5) * backward(dout, *arrays)[0], *backward(dout, *arrays)[1:]]

    return (one_entry, last_halved, first_by_1e_5)


def sizes(peers: Sequence[Peer], quick: bool) -> list[SizeRow]:
    """Evaluations and time by number of parameters, against one forward and backward pass."""
    rows = []
    for layer, build in LAYERS.items():
        for size in SIZES[:4] if quick else SIZES:
            rng = np.random.default_rng([7, *size])
            forward, backward, arrays = build(*size, rng)
            floats = [a for a in arrays if a.dtype.kind == "f"]
            parameters = sum(a.size for a in floats)
            out = forward(*arrays)
            once = _seconds(forward, backward, arrays, out)
            case = Case(layer, "plain", "", forward, backward, arrays, 0.0, seed=parameters)
            for peer in peers:
                if peer.loops and parameters > (400 if quick else 1200):
                    continue
                start = time.perf_counter()
                verdict, evaluations = peer.judge(case, 1)
                ratio = (time.perf_counter() - start) / once
                said: list[str] = []
                needed: list[int] = []
                if peer.name == "ours":
                    for wrong in _wrong(backward):
                        report = check_backward(forward, wrong, arrays, seed=1)
                        said.append(report.verdict)
                        needed.append(report.evaluations)
                rows.append(
                    SizeRow(
                        layer,
                        peer.name,
                        parameters,
                        verdict,
                        evaluations,
                        ratio,
                        tuple(said),
                        tuple(needed),
                    )
                )
    return rows


def _seconds(forward, backward, arrays, out) -> float:
    """Median of five rounds of one forward and one backward pass."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        forward(*arrays)
        backward(np.ones_like(out), *arrays)
        times.append(time.perf_counter() - start)
    return sorted(times)[2]


# --- by size of the error -------------------------------------------------------------------------

ERRORS = tuple(10.0 ** np.arange(-12.0, 1.0))
DETECTORS = (
    "ours",
    "torch gradcheck",
    "JAX check_vjp",
    "autograd check_grads",
    "Chainer's method",
    "CS231n's method",
)


def detection(quick: bool) -> dict[str, dict[str, list[float]]]:
    """Share of wrong backwards that fail, by relative error: spread over an array, or one entry."""
    chosen = [
        o
        for o in bank.OPERATIONS
        if o.name in ("affine", "layer norm", "attention", "gelu", "gate")
    ]
    peers = [p for p in PEERS if p.name in DETECTORS and p.version is not None]
    found: dict[str, dict[str, list[float]]] = {}
    for kind in ("spread", "one entry"):
        found[kind] = {p.name: [] for p in peers}
        for error in ERRORS:
            caught: Counter[str] = Counter()
            trials = list(_trials(chosen, kind, error, 1 if quick else 4))
            for n, case in enumerate(trials):
                for peer in peers:
                    caught[peer.name] += peer.judge(case, n)[0] == "fail"
            for peer in peers:
                found[kind][peer.name].append(caught[peer.name] / len(trials))
    return found


def _trials(operations, kind: str, error: float, repeats: int) -> Iterator[Case]:
    for operation in operations:
        for seed in range(repeats):
            rng = np.random.default_rng([seed, 99])
            arrays = operation.sample(rng)
            shape = arrays[0].shape
            noise = rng.standard_normal(shape)
            if kind == "one entry":
                noise = np.zeros(shape)
                noise.flat[rng.integers(noise.size)] = 1.0

            def wrong(dout, *args, operation=operation, noise=noise):
                first, *rest = operation.backward(dout, *args)
                size = error * np.linalg.norm(first) / np.linalg.norm(noise)
                return (first + size * noise, *rest)

            yield Case(
                operation.name, "plain", kind, operation.forward, wrong, arrays, error, 5000 + seed
            )
