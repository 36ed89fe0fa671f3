"""``python -m benchmarks.gradcheck [--quick] [--docs DIR]``: measure, draw, write tables."""

from __future__ import annotations

import argparse
import platform
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.gradcheck import figures, measure
from benchmarks.gradcheck.peers import PEERS
from benchmarks.gradcheck.report import section
from benchmarks.section import write_section


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gradcheck", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a sample of the bank, small sizes")
    parser.add_argument(
        "--docs", type=Path, default=Path("docs"), help="where tables and figures go"
    )
    options = parser.parse_args(arguments)
    folder = options.docs / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    present = [peer for peer in PEERS if peer.version is not None]
    for peer in PEERS:
        print(f"{peer.name}: {'not installed' if peer.version is None else peer.version or 'here'}")
    start = time.perf_counter()
    scores = measure.verdicts(present, options.quick)
    print(f"verdicts: {time.perf_counter() - start:.0f} s", flush=True)
    rows = measure.sizes(present, options.quick)
    found = measure.detection(options.quick)
    print(f"all: {time.perf_counter() - start:.0f} s", flush=True)
    figures.v_curve(folder)
    figures.kink(folder)
    figures.detection(folder, found)
    figures.evaluations(folder, rows)
    figures.verdict_bars(folder, scores)
    machine = f"Python {platform.python_version()}, NumPy {np.__version__}, {platform.machine()}"
    text = section(scores, rows, found, PEERS, options.quick, machine)
    write_section(options.docs / "benchmarks.md", "Gradient checking", text)
    for slip in scores["ours"].slips:
        print("ours,", slip)
    return 0


if __name__ == "__main__":
    sys.exit(main())
