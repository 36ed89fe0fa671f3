"""Run `python -m benchmarks.naming`: how many unseen mistakes get a name or a line."""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from autograder.course import find_course_root, load_course
from autograder.course.mutants import OPERATORS
from autograder.explain.repair import search
from benchmarks.naming.fifth import FIFTH
from benchmarks.naming.fourth import FOURTH
from benchmarks.naming.later import LATER
from benchmarks.naming.measure import Count, Judge, Wrong, changed, written
from benchmarks.naming.operators import HOMELESS, OTHERS
from benchmarks.naming.seventh import SEVENTH
from benchmarks.naming.sixth import SIXTH
from benchmarks.naming.third import THIRD
from benchmarks.naming.unseen import UNSEEN
from benchmarks.section import write_section

HERE = Path(__file__).parent
FOLDERS = (Path("tests") / "submissions" / "answers", HERE / "answers")
MADE = {
    "the bank's operators": OPERATORS,
    "other operators": OTHERS,
    "with several homes": HOMELESS,
}
BY_HAND = {
    "by hand": UNSEEN,
    "by hand, later": LATER,
    "by hand, last": THIRD,
    "by hand, as students": FOURTH,
    "by hand, all notebooks": FIFTH,
    "by hand, once more": SIXTH,
    "by hand, at last": SEVENTH,
}
Item = TypeVar("Item")

TEXT = """\
Written by `python -m benchmarks.naming --sample {sample}` (seed {seed}). Small mistakes are made,
one at a time, in *right answers of other styles* than the reference's: the right answers among the
tests' submissions, and {files} files (`benchmarks/naming/answers`). Of those made automatically
{sample} of each kind are drawn at random; counted are those that lose points.

*The bank's operators* are those of `autograder validate`, of which the derived slips are made,
too. *Others*: a constant three times as large, a power doubled, a line left out or done twice, a
variable for its neighbour, a condition that always or never holds. *With several homes*: what may
well be mended in another line (the shares of a decay exchanged, targets, entries or keywords
exchanged, an index one off, a value taken for what it was made of, another axis, a function left
out). *By hand*: `unseen.py`, on which lines were made better, `later.py`, of which five cases were
looked at, and `third.py`, `fourth.py`, `fifth.py`, `sixth.py` and `seventh.py`, which were frozen
before any of it was tried; many of the last four, of mistakes as students make them, end in an
exception.

*Line*: of those that were told one, it is the one that was changed, or one that reads what it makes
no more. *Two*: told two lines, of which either may be changed; either
counts. *Raised*: named or located, of the answers that end in an exception. *False names* do not
hold on fresh cases of another seed. *Seconds* of the search for the line: {clock}, median, 95 %,
most.
"""
HEAD = (
    "| wrong answers | number | named | named or located | raised | located | two | line "
    "| another line | false names | seconds |",
    "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.naming", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--assignment", help="only this one; nothing is written")
    parser.add_argument("--sample", type=int, default=150, help="mistakes of each kind to try")
    parser.add_argument("--seed", default="1", help="which of them")
    parser.add_argument("--wall", action="store_true", help="search by the clock, as in a kernel")
    parser.add_argument("--nameless", action="store_true", help="list what got nothing")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # mutants warn of everything
    if options.wall:
        search.CLOCK = time.perf_counter
    root = find_course_root()
    chosen = _chosen(root, options.sample, options.seed)
    counts: dict[str, Count] = {kind: Count() for kind in (*MADE, *BY_HAND)}
    for notebook in load_course(root).notebooks:
        if options.assignment in (None, notebook.assignment):
            judge = Judge(notebook)
            for kind, where, wrong in chosen[notebook.assignment]:
                counts[kind].add(judge.count(wrong, where))
            print(notebook.assignment, {kind: count.caught for kind, count in counts.items()})
    clock = "by the clock" if options.wall else "of the processor"
    text = table(counts, options.sample, options.seed, clock)
    print(text)
    for count in counts.values():
        lists = {"false": count.false, "another line": count.elsewhere}
        lists |= {"nothing": count.nameless} if options.nameless else {}
        for said, lines in lists.items():
            for line in lines:
                print(f"{said}: {line}")
    if options.assignment is None:
        write_section(options.docs / "benchmarks.md", "Naming", text)
    return 0


def _chosen(root: Path, sample: int, seed: str) -> dict[str, list[tuple[str, str, Wrong]]]:
    """Assignment -> the kind, the answer and the mistake of each that is tried."""
    found: dict[str, list[tuple[str, str, Wrong]]] = defaultdict(list)
    texts = {
        path.stem: path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in sorted((root / folder).glob("*.py"))
        if not path.stem.startswith("wrong")
    }
    assignments = {name: _answers(text) for name, text in texts.items()}
    for kind, operators in MADE.items():
        every = ((name, one) for name, text in texts.items() for one in changed(text, operators))
        for name, wrong in _drawn(every, sample, random.Random(f"{seed}, {kind}")):
            found[assignments[name]].append((kind, name, wrong))
    for kind, of in BY_HAND.items():
        for name, mistakes in of.items():
            for wrong in written(texts[name], mistakes):
                found[assignments[name]].append((kind, name, wrong))
    return found


def _drawn(items: Iterable[Item], count: int, chance: random.Random) -> list[Item]:
    """So many of the items at random; no more are held at a time."""
    kept: list[Item] = []
    for seen, item in enumerate(items, 1):
        if len(kept) < count:
            kept.append(item)
        elif (at := chance.randrange(seen)) < count:
            kept[at] = item
    return kept


def _answers(text: str) -> str:
    return text.partition("\n")[0].removeprefix("# answers:").strip()


def table(counts: dict[str, Count], sample: int, seed: str, clock: str) -> str:
    """The section as Markdown."""
    total = Count()
    for count in counts.values():
        total.add(count)
    rows = [_line(kind, count) for kind, count in (*counts.items(), ("**all**", total))]
    files = len(list((HERE / "answers").glob("*.py")))
    text = TEXT.format(files=files, sample=sample, seed=seed, clock=clock)
    return "\n".join([text, *HEAD, *rows]) + "\n"


def _line(kind: str, count: Count) -> str:
    times = sorted(count.walls if search.CLOCK is time.perf_counter else count.seconds) or [0.0]
    most = f"{statistics.median(times):.2f} ({times[int(0.95 * len(times))]:.2f}, {times[-1]:.2f})"
    cells = [
        kind,
        str(count.caught),
        _share(count.named, count.caught),
        _share(count.helped, count.caught),
        f"{count.raised_helped} of {count.raised}",
        _share(count.located, count.caught),
        _share(count.two, count.located),
        f"{count.right_line} of {count.located}",
        f"{100 * len(count.elsewhere) / max(count.caught, 1):.1f}%",
        str(len(count.false)),
        most,
    ]
    return f"| {' | '.join(cells)} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


if __name__ == "__main__":
    sys.exit(main())
