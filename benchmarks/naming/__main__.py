"""Run `python -m benchmarks.naming`: how many unseen mistakes get a name; write a section."""

from __future__ import annotations

import argparse
import statistics
import sys
import warnings
from pathlib import Path

from autograder.course import find_course_root, load_course
from benchmarks.naming.later import LATER
from benchmarks.naming.measure import BANKED, ROADS, UNBANKED, Count, Judge
from benchmarks.naming.unseen import UNSEEN
from benchmarks.section import write_section

HERE = Path(__file__).parent
SETS = {
    "tests' answers": Path("tests") / "submissions" / "answers",
    "held-out answers": HERE / "answers",
}
TITLES = {
    "the bank's operators": BANKED,
    "other operators": UNBANKED,
    "by hand": UNSEEN,
    "by hand, later": LATER,
}


TEXT = """\
Written by `python -m benchmarks.naming`. Small mistakes are made, automatically and one at a
time, in *right answers of other styles* than the reference's: the right answers among the tests'
submissions, and {files} files (`benchmarks/naming/answers`). Of the mistakes one in {every} is
tried; counted are those that lose points on public and hidden cases. *Bank*, *general*, *slips*:
what named it first (a known mistake, a general hypothesis, a slip derived from the reference).
*Exception*: no name, but Python's own message with the line. *Of numbers*: the named share of
those that do not end in an exception. *Whole*: every wrong output is named. *False*: names that
do not hold on fresh cases of another seed. *Kind*: of the slips, those whose name is the kind of
change that was made.

The bank's operators are those of `autograder validate`; slips are made with them, and with more,
in the reference. The others (a constant three times as large, a power doubled, a line left out or
done twice, a variable for its neighbour, a condition that always or never holds) are in part
among those, in part not. *By hand*: {by_hand} wrong answers in twelve styles, frozen before any
was tried (`unseen.py`; lines were made better on them since), and {later} in twelve others, which
were measured before and after that, and not looked at (`later.py`).

*Located*: told a line, by a change of that line that makes every public case right, or because a
name there has no value. *Line*: of these, the line is the one that was changed; where a line was
left out, also one that reads what it made. *Either*: named or located; *raised* is the same of
the answers that end in an exception. *Seconds*: processor time of the search, the median; it ends
after one.

What the figures do not show: two mistakes at once; an answer that is wrong in its idea, not in
one place; what a search on a slow or busy machine does not reach in its second, which is of wall
time there; the grader's confirmation on cases of another seed, which takes lines away; and
whether the line helps. Where a change elsewhere is as good (a sign that is lost along the way, an
order that is wrong in what is kept, not in what is taken out), it counts as another line.
"""
HEAD = (
    "| answers | operators | caught | bank | general | slips | named | exception | of numbers "
    "| whole | false | kind | located | two | line | either | raised | seconds |",
    "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the section of docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.naming", description=__doc__)
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    parser.add_argument("--assignment", help="only this one; nothing is written")
    parser.add_argument("--every", type=int, default=3, help="try one in so many mistakes")
    parser.add_argument("--nameless", action="store_true", help="list what got no name")
    options = parser.parse_args(arguments)
    warnings.simplefilter("ignore")  # mutants warn of everything
    root = find_course_root()
    counts: dict[tuple[str, str], Count] = {}
    for notebook in load_course(root).notebooks:
        if options.assignment not in (None, notebook.assignment):
            continue
        judge = Judge(notebook)
        for answers, folder in SETS.items():
            for path in sorted((root / folder).glob("*.py")):
                if _answers(path) != notebook.assignment or path.stem.startswith("wrong"):
                    continue
                for operators, chosen in TITLES.items():
                    found = judge.count(path, chosen, options.every)
                    counts.setdefault((answers, operators), Count()).add(found)
                    print(f"{notebook.assignment} {path.stem}, {operators}: {_brief(found)}")
    text = table(counts, options.every)
    print(text)
    for count in counts.values():
        for line in count.false:
            print("false:", line)
        for line in count.elsewhere:
            print("another line:", line)
        if options.nameless:
            for line in count.nameless:
                print("nameless:", line)
    if options.assignment is None:
        write_section(options.docs / "benchmarks.md", "Naming", text)
    return 0


def _answers(path: Path) -> str:
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.removeprefix("# answers:").strip()


def _brief(count: Count) -> str:
    return f"{sum(count.named.values())} named, {count.crashed} crashed, of {count.caught}"


def table(counts: dict[tuple[str, str], Count], every: int) -> str:
    """The section as Markdown."""
    total = Count()
    rows = []
    for (answers, operators), count in counts.items():
        total.add(count)
        rows.append(_line(answers, operators, count))
    rows.append(_line("**all**", "", total))
    files = len(list((HERE / "answers").glob("*.py")))
    by_hand, later = (sum(len(of) for of in chosen.values()) for chosen in (UNSEEN, LATER))
    text = TEXT.format(files=files, every=every, by_hand=by_hand, later=later)
    return "\n".join([text, *HEAD, *rows]) + "\n"


def _line(answers: str, operators: str, count: Count) -> str:
    named = sum(count.named.values())
    roads = [str(count.named[road]) for road in ROADS]
    cells = [
        answers,
        operators,
        str(count.caught),
        *roads,
        _share(named, count.caught),
        _share(count.crashed, count.caught),
        _share(named, count.caught - count.crashed),
        _share(count.whole, count.caught),
        str(len(count.false)),
        _share(count.kind, count.named["slips"]),
        _share(count.located, count.caught),
        _share(count.two, count.located),
        _share(count.right_line, count.located),
        _share(count.helped, count.caught),
        _share(count.raised_helped, count.raised),
        f"{statistics.median(count.seconds or [0.0]):.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


if __name__ == "__main__":
    sys.exit(main())
