"""The tables, as a section of docs/benchmarks.md between two marks."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.gradcheck.figures import regimes_of
from benchmarks.gradcheck.measure import ERRORS, Score, SizeRow
from benchmarks.gradcheck.peers import Peer


def section(
    scores: dict[str, Score],
    rows: Sequence[SizeRow],
    found: dict[str, dict[str, list[float]]],
    peers: Sequence[Peer],
    quick: bool,
    machine: str,
) -> str:
    mine = scores["ours"]
    parts = [
        "Written by `python -m benchmarks.gradcheck"
        + (" --quick" if quick else "")
        + f"` ({machine}). What the rule is and why: [gradcheck.md](gradcheck.md).",
        "",
        f"The bank holds {mine.count(True)} right and {mine.count(False)} wrong backwards: 18 "
        "operations on small inputs, in regimes from plain to float32. A backward counts as wrong "
        "when a gradient is off by at least 1e-6 of its norm (1e-2 in float32), and by a hundred "
        "times what a rounding error in the input does to it. The constants of the checker were "
        "tuned on another bank, which is not kept; since then the rule was made simpler with a "
        "look at this one, and tests ask a third of it, so our row is not an unseen measurement. "
        "Every checker runs with its own defaults; where a package returns numbers and no verdict "
        "(SciPy, numdifftools), a "
        "gradient passes within 1e-6 of the numerical one's norm. CS231n's and Chainer's methods "
        "are written anew from their description.",
        "",
        "![verdicts](figures/gradcheck_verdicts.png)",
        "",
        _verdict_table(scores, peers),
        "",
        "*Evaluations*: of the forward, on average over right backwards on plain inputs. *Time*: "
        "for the whole bank, against ours; checkers that go entry by entry measured the numerical "
        "gradient once for all mistakes of an input (but for torch), which flatters them.",
        "",
        "### By regime",
        "",
        "Right backwards that fail / wrong backwards that pass / inconclusive, in per cent of the "
        "right, the wrong, and all cases.",
        "",
        _regime_table(scores),
        "",
        "### By size",
        "",
        "![evaluations](figures/gradcheck_evaluations.png)",
        "",
        _size_table(rows),
        "",
        "*Time* is that of the check over that of one forward and backward pass. *Wrong*: verdicts "
        "(and evaluations, with those that locate the error) for one wrong entry, for the last "
        "gradient halved, and for the first off by 1e-5.",
        "",
        "### By size of the error",
        "",
        "![detection](figures/gradcheck_detection.png)",
        "",
        _detection_table(found),
    ]
    return "\n".join(parts)


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(out + ["| " + " | ".join(line) + " |" for line in lines])


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _verdict_table(scores: dict[str, Score], peers: Sequence[Peer]) -> str:
    lines = []

    def cell(part: int, whole: int) -> str:
        return f"{part} ({_percent(part, whole)})"

    for peer in peers:
        name = f"**{peer.name}**" if peer.name == "ours" else peer.name
        if peer.version is None:
            lines.append([name, "not installed", *[""] * 6])
            continue
        s = scores[peer.name]
        right, wrong = s.count(True), s.count(False)
        lines.append(
            [
                name,
                peer.version or "here",
                cell(s.count(True, "fail"), right),
                cell(s.count(False, "pass"), wrong),
                cell(s.count(True, "inconclusive"), right),
                cell(s.count(False, "inconclusive"), wrong),
                f"{sum(s.evaluations) / max(1, len(s.evaluations)):.0f}",
                f"{s.seconds / scores['ours'].seconds:.2f}",
            ]
        )
    head = ["checker", "version", "right, but fails", "wrong, but passes", "right, inconclusive",
            "wrong, inconclusive", "evaluations", "time"]  # fmt: skip
    return _table(head, lines)


def _regime_table(scores: dict[str, Score]) -> str:
    regimes = regimes_of(scores)
    lines = []
    for name, s in scores.items():
        cells = []
        for regime in regimes:
            right, wrong = s.count(True, regime=regime), s.count(False, regime=regime)
            unsure = s.count(True, "inconclusive", regime) + s.count(False, "inconclusive", regime)
            cells.append(
                f"{100 * s.count(True, 'fail', regime) / max(1, right):.0f} / "
                f"{100 * s.count(False, 'pass', regime) / max(1, wrong):.0f} / "
                f"{100 * unsure / max(1, right + wrong):.1f}"
            )
        lines.append([name, *cells])
    return _table(["checker", *regimes], lines)


def _size_table(rows: Sequence[SizeRow]) -> str:
    lines = []
    for row in rows:
        if row.checker != "ours":
            continue
        same = [r for r in rows if r.layer == row.layer and r.parameters == row.parameters]
        loop = [r for r in same if r.checker == "CS231n's method"]
        wrong = ", ".join(f"{v} ({n})" for v, n in zip(row.wrong, row.wrong_evaluations))
        lines.append(
            [
                row.layer,
                f"{row.parameters:,}",
                row.verdict,
                str(row.evaluations),
                f"{2 * row.parameters:,}",
                f"{row.ratio:.0f}",
                f"{loop[0].ratio:.0f}" if loop else "",
                wrong,
            ]
        )
    head = [
        "layer",
        "parameters",
        "right",
        "evaluations",
        "of a loop",
        "time",
        "time of a loop",
        "wrong",
    ]
    return _table(head, lines)


def _detection_table(found: dict[str, dict[str, list[float]]]) -> str:
    lines = []
    for kind, shares in found.items():
        for name, share in shares.items():
            full = [e for e, s in zip(ERRORS, share) if s == 1.0]
            run = [e for e in ERRORS if all((f >= e and f in full) or f < e for f in ERRORS)]
            lines.append([kind, name, f"{min(run):.0e}" if run else "never"])
    return _table(["error", "checker", "all found from relative error"], lines)
