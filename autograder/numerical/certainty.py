"""How sure a few lines make us: a small-ball bound.

Let e be the error of a gradient, and v a direction whose entries are independent with a density of
at most 1/2 each (`directions`). The density of the projection ⟨v, e⟩ is then at most √2 · 1/2 / ‖e‖
(Rogozin: uniform entries are the worst case; Ball: the largest section of a cube is √2), so

    P(|⟨v, e⟩| ≤ t) ≤ √2 · t / ‖e‖.

An error of relative size τ that went unseen on several independent lines was unlucky on each.
"""

import math

MISSED = 1e-6  # the chance of missing an error that is allowed
# Thresholds in error bars. All are tried, so each of them counts: the bound is a union bound.
MARGINS = tuple(2.0**power for power in (1, 3, 6, 9, 12, 15, 18))
CLOSE = 2  # the first two share one half of the chance, the others the other half
# By what two lines that agree to the least margin exceed the relative bar.
EXCESS = math.sqrt(2.0) * (MARGINS[0] + 1.0) * math.sqrt(2.0 * CLOSE / MISSED)


def certified_error(residuals: list[float], bars: list[float], size: float) -> float:
    """The smallest relative error that is excluded, up to a chance of `MISSED`; inf if none is.

    On each line the error was smaller than t, the residual and the bar put together: at some
    threshold in bars (the same for all lines) that holds every residual. The chance of that, for
    a relative error τ, is Π √2·t/(τ·size) over the lines, for each threshold; solve for τ.

    Args:
        residuals: |directional derivative - ⟨v, G⟩|, one per line.
        bars: Error bars of the directional derivatives, one per line.
        size: Size ‖s∘G‖ of the gradient.

    Example:
        >>> certified_error([1e-13, 1e-13], [1e-12, 1e-12], 1.0) < 1e-6
        True
    """
    if not residuals or not size > 0.0:
        return math.inf
    worst = max(r / b if b > 0.0 else math.inf * r if r else 0.0 for r, b in zip(residuals, bars))
    margin = next((m for m in MARGINS if worst <= m), math.inf)
    rooms = sorted(math.sqrt(2.0) * (margin + 1.0) * bar / size for bar in bars)
    best = math.inf
    ways = 2.0 * (CLOSE if margin <= MARGINS[CLOSE - 1] else len(MARGINS) - CLOSE)
    logs, chance = 0.0, math.log(MISSED / ways)
    for lines, room in enumerate(rooms, 1):  # a line that says nothing at τ counts as 1
        if room == 0.0:
            return 0.0
        if not math.isfinite(room):
            break
        logs += math.log(room)
        best = min(best, max(math.exp((logs - chance) / lines), room))
    return best
