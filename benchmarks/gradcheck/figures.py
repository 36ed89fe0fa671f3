"""The pictures. Everything but the measured values is the same in every run."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

from autograder.numerical.slope import Slope, slope_with_error_bar
from benchmarks.gradcheck.cases import REGIMES
from benchmarks.gradcheck.measure import ERRORS, Score, SizeRow

INK, OURS, REST = (
    "#333333",
    "#0b6e99",
    ("#d1495b", "#edae49", "#66a182", "#8d6a9f", "#7f7f7f", "#c06c3e", "#5b8ff9", "#b0413e"),
)
plt.rcParams.update(
    {
        "figure.dpi": 110,
        "savefig.dpi": 110,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "grid.alpha": 0.25,
        "svg.hashsalt": "gradcheck",
    }
)


def save(figure: plt.Figure, folder: Path, name: str) -> Path:
    path = folder / f"gradcheck_{name}.png"
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)
    return path


def _slope(base: np.ndarray, plus: np.ndarray, minus: np.ndarray, h: float) -> Slope:
    values = np.concatenate([plus, minus])[:, None]
    slope = slope_with_error_bar(base, values, round(np.log2(h)), 2.0**-52)
    return Slope(slope[0], *(part[0] for part in slope[1:]))


def v_curve(folder: Path) -> Path:
    """Error of a slope by step, with the error bars that the checker draws."""
    rng = np.random.default_rng(4)
    x, v, u = rng.standard_normal((3, 60))

    def f(t: float) -> np.ndarray:
        return np.sin(3 * (x + t * v)) * np.exp(x + t * v)

    true = u @ (v * np.exp(x) * (3 * np.cos(3 * x) + np.sin(3 * x)))
    steps = 2.0 ** np.arange(-44.0, 1.0)
    central, ours, bars = [], [], []
    for h in steps:
        plus, minus = (np.array([f(s * h / 2**k) for k in range(3)]) for s in (1, -1))
        slope = _slope(f(0.0), plus, minus, h)
        central.append(abs(u @ (plus[0] - minus[0]) / (2 * h) - true))
        ours.append(abs(u @ slope.value - true))
        bars.append(np.linalg.norm(u * slope.bar))
    figure, axes = plt.subplots(figsize=(7, 4.2))
    axes.loglog(steps, np.array(central) / abs(true), color=REST[0], label="central difference")
    axes.loglog(
        steps, np.maximum(ours, 1e-17) / abs(true), color=OURS, label="six values, extrapolated"
    )
    axes.loglog(steps, np.array(bars) / abs(true), color=OURS, ls=":", label="its error bar")
    axes.axvline(2.0**-10, color=INK, lw=0.8, ls="--")
    axes.text(2.0**-10 * 1.3, 3e2, "first step, 2⁻¹⁰", ha="left", va="top", color=INK)
    axes.axvline(1e-5, color=REST[0], lw=0.8, ls="--")
    axes.text(8e-6, 2e1, "the usual 1e-5", ha="right", va="top", color=REST[0])
    axes.set(xlabel="step h", ylabel="relative error of the slope", ylim=(1e-17, 1e3))
    axes.set_title("Long steps bend, short steps drown in rounding; the bar knows", loc="left")
    axes.legend(loc="lower left", frameon=False, bbox_to_anchor=(0.0, 0.05))
    return save(figure, folder, "vcurve")


def kink(folder: Path) -> Path:
    """What a kink does to the central difference, and to the even part."""
    distances = np.linspace(0, 1.5, 301)
    h = 1.0
    t = np.array([1.0, 0.5, 0.25])[:, None] * h

    def relu(z: np.ndarray) -> np.ndarray:
        return np.maximum(z, 0)

    plus, minus = relu(t - distances), relu(-t - distances)
    slope = _slope(relu(-distances), plus, minus, h)
    central = (plus[0] - minus[0]) / (2 * h)
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8))
    z = np.linspace(-1.3, 1.3, 200)
    left.plot(z, relu(z), color=INK)
    left.plot([-1, 1], [0, 1], "o-", color=REST[0], label="central difference: slope ½")
    left.annotate("", (0, 0.5), (0, 0), arrowprops={"arrowstyle": "<->", "color": OURS})
    left.text(0.32, 0.06, "even part: half the jump\nof the slope, at every h", color=OURS)
    left.set(xlabel="t", ylabel="ReLU(t)", xlim=(-1.4, 1.75))
    left.set_title("At a kink", loc="left")
    left.legend(frameon=False, loc="upper left")
    right.plot(distances, np.abs(central), color=REST[0], label="error of the central difference")
    right.plot(distances, np.abs(slope.value), color=OURS, label="error of the extrapolated slope")
    right.plot(distances, slope.bar, color=OURS, ls=":", label="its error bar")
    right.fill_between(
        distances, 0, 8 * slope.bar, color=OURS, alpha=0.08, label="8 bars: no objection"
    )
    right.set(
        xlabel="distance to the kink, in steps",
        ylabel="error of the slope (true: 0)",
        ylim=(0, 0.8),
    )
    right.set_title("Near a kink", loc="left")
    right.legend(frameon=False)
    return save(figure, folder, "kink")


def detection(folder: Path, found: dict[str, dict[str, list[float]]]) -> Path:
    figure, both = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
    for axes, (kind, shares) in zip(both, found.items()):
        for n, (name, share) in enumerate(shares.items()):
            mine = name == "ours"
            axes.semilogx(
                ERRORS,
                100 * np.array(share),
                color=OURS if mine else REST[n - 1],
                lw=2.5 if mine else 1.3,
                marker="o" if mine else None,
                ms=4,
                label=name,
                zorder=3 if mine else 2,
            )
        axes.axvline(1e-6, color=INK, lw=0.8, ls="--")
        axes.text(1.4e-6, 86, "promised", color=INK, rotation=90, va="center")
        axes.set(xlabel="relative error of one gradient")
        axes.set_title(
            "error in every entry" if kind == "spread" else "error in one entry", loc="left"
        )
    both[0].set_ylabel("wrong backwards that fail, %")
    both[1].legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    return save(figure, folder, "detection")


def evaluations(folder: Path, rows: list[SizeRow]) -> Path:
    figure, axes = plt.subplots(figsize=(7.5, 4.4))
    for n, layer in enumerate(dict.fromkeys(row.layer for row in rows)):
        mine = [row for row in rows if row.layer == layer and row.checker == "ours"]
        axes.loglog(
            [r.parameters for r in mine], [r.evaluations for r in mine], "-", color=OURS,
            alpha=1 - 0.3 * n, marker="os^"[n], label=f"ours, {layer}",
        )  # fmt: skip
    sizes = sorted({row.parameters for row in rows})
    axes.loglog(
        sizes, [2 * p for p in sizes], color=REST[0], label="one loop over the entries, 2 each"
    )
    axes.axhline(60, color=INK, lw=0.8, ls="--")
    axes.text(sizes[0], 66, "goal: 60", color=INK)
    axes.set(xlabel="parameters", ylabel="evaluations of the forward")
    axes.set_title("A right backward on plain inputs", loc="left")
    axes.legend(frameon=False, loc="upper left", bbox_to_anchor=(0.0, 0.95))
    return save(figure, folder, "evaluations")


def verdict_bars(folder: Path, scores: dict[str, Score]) -> Path:
    figure, both = plt.subplots(1, 2, figsize=(10.5, 4.2), sharey=True)
    names = list(scores)[::-1]
    for axes, right, title in zip(both, (True, False), ("right backwards", "wrong backwards")):
        total = np.array([scores[n].count(right) for n in names]) / 100
        bad = np.array([scores[n].count(right, "fail" if right else "pass") for n in names]) / total
        unsure = np.array([scores[n].count(right, "inconclusive") for n in names]) / total
        axes.barh(names, bad, color=REST[0], label="wrong verdict")
        axes.barh(names, unsure, left=bad, color=REST[1], label="inconclusive")
        for y, (a, b) in enumerate(zip(bad, unsure)):
            text = f"{a:.1f} %" + (f" + {b:.1f} %" if b > 0 else "")
            axes.text(a + b + 0.5, y, text, va="center", color=INK, fontsize=9)
        axes.set_title(title, loc="left")
        axes.set(xlabel="% of the cases", xlim=(0, max(10, 1.35 * float(np.max(bad + unsure)))))
        axes.grid(axis="y", alpha=0)
    both[1].legend(frameon=False, loc="lower right")
    return save(figure, folder, "verdicts")


def regimes_of(scores: dict[str, Score]) -> list[str]:
    seen = {regime for score in scores.values() for regime, _, _ in score.verdicts}
    return [r for r in (*REGIMES, "long rnn") if r in seen]
