"""`autograder similar`: read the answers to one assignment, and write the page of pairs.

How alike two answers are is the cosine of their token runs, rare ones weighed more.
"""

import builtins
import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from autograder.course import Notebook, find_course_root, load_course
from autograder.errors import CourseError
from autograder.feedback.wording import counted
from autograder.grading import submission
from autograder.grading.student_folder import discover
from autograder.grading.submission import normalised
from autograder.integrations.classbook import read_hand_scores
from autograder.integrations.collected import read_collected
from autograder.reports.pages import page_of
from autograder.whole import leave

GRAM = 6
"""So many tokens in a row are one feature; fewer are alike by accident."""

# Read from left to right, once: no form of text takes long, and none need be right Python.
_TOKEN = re.compile(
    r"(?P<skip>[ \t\r\f]+|#[^\n]*|\\\n)"
    r"|(?P<text>[rbfuRBFU]{0,2}(?:\"\"\"(?:[^\\]|\\.)*?\"\"\"|'''(?:[^\\]|\\.)*?'''))"
    r"|(?P<string>[rbfuRBFU]{0,2}(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'))"
    r"|(?P<number>\d[\w.]*(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*=?|//=?|[-+*/%@&|^=<>!:]=|->|.|\n)",
    re.DOTALL,
)
_KEPT = frozenset({*keyword.kwlist, *vars(builtins)})


def tokens(source: str) -> list[str]:
    """The tokens of a cell; comments, docstrings and empty lines are none.

    Example:
        >>> tokens("db = dout.sum(axis=0)  # the bias") == tokens("x=y.sum(axis = 1)")
        True
    """
    found: list[str] = []
    for match in _TOKEN.finditer(source):
        kind, text = match.lastgroup, match[0]
        if kind in ("skip", "text") or text.isspace():
            continue
        if kind == "name":
            known = text in _KEPT or (found and found[-1] == ".")
            found.append(text if known else "name")
        else:
            found.append({"number": "0", "string": "''"}.get(kind or "", text))
    return found


def grams(sources: Sequence[str]) -> Iterator[str]:
    """Every run of `GRAM` tokens in cells."""
    for source in sources:
        there = tokens(source)
        for start in range(len(there) - GRAM + 1):
            yield " ".join(there[start : start + GRAM])


FEWEST_GRAMS = 40
"""An answer with less code of its own says nothing."""
LEAST = 0.8
SHOWN = 40
_FEW = 3
"""A line that so few submissions have is rare."""
_LONG = 12


@dataclass(frozen=True)
class Pair:
    """Two answers that are alike."""

    students: tuple[str, str]
    alike: float  # 0 to 1, of the code without names, numbers and comments
    rare: tuple[str, ...]  # lines, to the letter, that hardly anybody else has, comments included


def pairs(
    answers: Mapping[str, Sequence[str]],
    starter: Sequence[str],
    together: Collection[frozenset[str]] = (),
) -> list[Pair]:
    """The pairs that are worth a look, those with the most rare lines in common first.

    Args:
        answers: Student -> the cells of their own.
        starter: The cells as released; what stands there is nobody's.
        together: Pairs who may hand in the same.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    known = set(grams(starter))
    found = {who: [g for g in grams(cells) if g not in known] for who, cells in answers.items()}
    there = [who for who, own in found.items() if len(own) >= FEWEST_GRAMS]
    if len(there) < 2:
        return []
    weigh = TfidfVectorizer(analyzer=lambda who: found[who], sublinear_tf=True)
    weights = weigh.fit_transform(there)
    alike = (weights @ weights.T).tocoo()
    lines = _rare_lines({who: answers[who] for who in there}, starter)
    near = [
        Pair(pair, min(1.0, float(value)), tuple(sorted(lines[pair[0]] & lines[pair[1]])))
        for a, b, value in zip(alike.row, alike.col, alike.data)
        if a < b and value >= LEAST
        and frozenset(pair := (there[a], there[b])) not in together
    ]  # fmt: skip
    return sorted(near, key=lambda pair: (-len(pair.rare), -pair.alike, pair.students))


def _rare_lines(
    answers: Mapping[str, Sequence[str]], starter: Sequence[str]
) -> dict[str, set[str]]:
    known = _lines(starter)
    lines = {who: _lines(cells) - known for who, cells in answers.items()}
    count = Counter(line for own in lines.values() for line in own)
    return {who: {line for line in own if count[line] <= _FEW} for who, own in lines.items()}


def _lines(cells: Sequence[str]) -> set[str]:
    """Lines long enough to be somebody's own."""
    found = (line.strip() for cell in cells for line in cell.split("\n"))
    return {line for line in found if len(line) >= _LONG}


def same_group(groups: Collection[Collection[str]]) -> set[frozenset[str]]:
    """Every pair within a group."""
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


def same_lines(one: Sequence[str], other: Sequence[str]) -> list[tuple[str, str, bool]]:
    """Two texts side by side, line by line: the lines, and whether they are alike."""
    from difflib import SequenceMatcher

    keys = [[" ".join(tokens(line)) for line in text] for text in (one, other)]
    side: list[tuple[str, str, bool]] = []
    for kind, a, b, c, d in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        left, right = list(one[a:b]), list(other[c:d])
        length = max(len(left), len(right))
        left += [""] * (length - len(left))
        right += [""] * (length - len(right))
        side += [(x, y, kind == "equal" and bool(x.strip())) for x, y in zip(left, right)]
    return side


_MOST_LINES = 1_500


def find_similar(
    assignment: str, submitted: Path, out: Path | None, gradebook: str | None = None
) -> str:
    """Write the page, and say where it is.

    Args:
        submitted, out: Relative to the course; `out` is a file, by default in `reports/`.

    Raises:
        CourseError: The assignment is unknown, or there are no two answers to compare.
        GradingError: Something cannot be read or written.
    """
    root = find_course_root()
    course = load_course(root)
    notebook = course.assignment(assignment)
    starter = [cell.released or "" for cell in notebook.released_cells if not cell.markdown]
    answers = _answers(notebook, root / submitted, {a: p.stem for a, p in course.sources.items()})
    if len(answers) < 2:
        raise CourseError(
            f"{submitted} holds {counted(len(answers), 'answer')} to {assignment} that can be "
            "read; two are needed"
        )
    taken = read_collected(root, assignment).taken
    groups = [(student, *one.group) for student, one in taken.items() if one.group]
    found = pairs(answers, starter, same_group(groups))
    people = read_hand_scores(root, gradebook).people
    names = {who: people[who].name if who in people else who for who in answers}
    place = out if out is not None else Path("reports") / f"similar-{assignment}.html"
    texts = {who: "\n\n".join(own).split("\n")[:_MOST_LINES] for who, own in answers.items()}
    page = page_of(
        "similar.html",
        assignment=assignment,
        pairs=[
            (pair, same_lines(*(texts[who] for who in pair.students))) for pair in found[:SHOWN]
        ],
        left_out=max(0, len(found) - SHOWN),
        answers=len(answers),
        names_of=names,
    )
    leave(root / place, page.encode("utf-8", "replace"), "--out", mode=0o600)
    return f"{counted(len(found), 'pair')} of {len(answers)} answers to look at: {place}"


def _answers(
    notebook: Notebook, submitted: Path, notebooks: Mapping[str, str]
) -> dict[str, list[str]]:
    """Student -> the code cells that are their own."""
    kit = {normalised(cell.released or "") for cell in notebook.released_cells}
    answers: dict[str, list[str]] = {}
    for handin in discover(submitted, notebooks, [notebook.assignment]).handins:
        if handin.path is None:
            continue
        found = submission.read(handin.path, submitted / handin.student)
        code = (cell.source for cell in found.cells if cell.kind == "code")
        own = [source for source in code if normalised(source) not in kit]
        if own:
            answers[handin.student] = own
    return answers
