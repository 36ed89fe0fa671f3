"""Pictures of notebook 06: gradients through time."""

from collections.abc import Mapping, Sequence

import numpy as np

from autograder.lab.style import BLUE, INK, RED, SKY, arrow, line, style
from autograder.language import tr


def norms_over_time(
    curves: Mapping[str, np.ndarray],
    title: str = "What is left of a gradient, going back in time",
    first: int = 0,
) -> None:
    """Norms of gradients against the number of steps back, on a log scale.

    Args:
        curves: Label -> norms.
        first: How many steps back the first norm belongs to.
    """
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.8))
        for i, (label, norms) in enumerate(curves.items()):
            steps = np.arange(first, first + len(norms))
            axes.plot(steps, norms, **line(i, len(norms)), label=label)
        axes.axhline(1, color=INK, linewidth=0.8)
        axes.set(
            yscale="log",
            xlabel="steps back from the end",
            ylabel="norm of the gradient",
            title=title,
        )
        axes.legend()


def letter_loss(losses: Sequence[float], letters: int) -> None:
    """Loss per letter against the number of rounds, with the loss of pure guessing."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(6.5, 3.6))
        axes.plot(np.arange(1, len(losses) + 1), losses, color=BLUE)
        axes.axhline(np.log(letters), color=RED, linestyle="--", linewidth=1.2)
        axes.annotate(
            tr("guessing: ln {letters} = {loss:.3f}").format(letters=letters, loss=np.log(letters)),
            (0.98, np.log(letters)),
            xycoords=("axes fraction", "data"), xytext=(0, -4), textcoords="offset points",
            ha="right", va="top", color=RED,
        )  # fmt: skip
        axes.set(xlabel="rounds through the text", ylabel="loss per letter", yscale="log",
                 title="Learning two thousand letters by heart")  # fmt: skip


def clipped_arrows(before: np.ndarray, after: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Gradients in the plane before and after clipping.

    Args:
        before: Shape (n, 2).
        after: Way of clipping -> shape (n, 2).

    Returns:
        Way of clipping -> largest angle between before and after, in degrees.
    """
    angles = {}
    with style() as plt:
        _, panels = plt.subplots(1, len(after), figsize=(4.2 * len(after), 4.2), squeeze=False)
        for axes, (name, arrows) in zip(panels.flat, after.items()):
            for start, end in zip(before, arrows):
                axes.plot(*zip(start, end), color=SKY, linewidth=0.9)
            axes.plot(
                *before.T, linestyle="", marker="o", color="0.6", markersize=3.5, label="before"
            )
            axes.plot(*arrows.T, linestyle="", marker="^", color=RED, markersize=4.5, label="after")
            axes.plot(0, 0, marker="+", color=INK, markersize=9)
            lengths = np.linalg.norm(before, axis=1) * np.linalg.norm(arrows, axis=1)
            cosine = np.clip(np.sum(before * arrows, axis=1) / lengths, -1, 1)
            angles[name] = float(np.degrees(np.arccos(cosine.min())))
            if angles[name] < 1e-4:
                angles[name] = 0.0
            axes.set(
                title=tr("clipped {how}").format(how=name),
                xlabel="$g_1$",
                ylabel="$g_2$",
                aspect="equal",
            )
        panels.flat[0].legend(loc="lower left")
    return angles


def unrolled(steps: int = 3) -> None:
    """A recurrent network unrolled: values in grey, gradients in orange, the weights shared."""
    with style() as plt:
        _, axes = plt.subplots(figsize=(9.5, 4))
        axes.set_axis_off()
        axes.set(xlim=(-0.6, steps + 0.35), ylim=(-1.75, 1.5))
        axes.text(-0.3, 0, "$h_0$", ha="center", va="center", fontsize=13)
        for t in range(1, steps + 1):
            x = t - 0.35
            axes.text(x, 0, "step", ha="center", va="center",
                      bbox={"boxstyle": "round,pad=0.7", "facecolor": "white"})  # fmt: skip
            arrow(axes, (x - 0.82, 0.07), (x - 0.18, 0.07), INK)
            arrow(axes, (x - 0.18, -0.07), (x - 0.82, -0.07), RED)
            axes.text(x - 0.5, 0.13, f"$h_{t - 1}$", ha="center", va="bottom")
            handed = tr("carry") if t > 1 else "$dh_0$"
            axes.text(x - 0.5, -0.13, handed, ha="center", va="top", color=RED)
            for sign, name, start, end in ((-1, "x", -0.85, -0.3), (1, "h", 0.3, 0.85)):
                arrow(axes, (x - 0.04, start), (x - 0.04, end), INK)
                arrow(axes, (x + 0.04, end), (x + 0.04, start), RED)
                axes.text(
                    x - 0.07, sign * 0.97, f"${name}_{t}$", ha="right", va="center", fontsize=12
                )
                axes.text(x + 0.07, sign * 0.97, f"$d{name}_{t}$", ha="left", va="center",
                          color=RED, fontsize=12)  # fmt: skip
            axes.text(x + 0.17, 0.55, "from\nthe loss", color=RED, fontsize=8, va="center")
            arrow(axes, (x - 0.3, -1.36), (x - 0.13, -0.26), "0.5")
            arrow(axes, (x + 0.13, -0.26), (x + 0.3, -1.36), RED)
        axes.plot([0.3, steps], [-1.38, -1.38], color="0.5", linewidth=2)
        shared = "one $W_x$, one $W_h$, one $b$ for all steps: their gradients add up"
        axes.text((steps + 0.3) / 2, -1.45, shared, ha="center", va="top")
        axes.text(
            (steps - 0.35) / 2,
            1.42,
            "grey: values      orange and dashed: gradients",
            ha="center",
            va="top",
        )
