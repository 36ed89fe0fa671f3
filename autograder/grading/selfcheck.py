"""`autograder check`: a student's notebook on the public cases, with nothing but what ships."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from autograder.checks.finding import Check, RowResult
from autograder.errors import CourseError, GradingError, IsolationError
from autograder.exercises import Answer
from autograder.exercises.public import SUFFIX, load
from autograder.explain import from_public, may_be_repaired
from autograder.feedback import Coverage, as_text, card, recorded, render_markdown, table
from autograder.grading import submission
from autograder.grading.asking import ask
from autograder.grading.lines import defined, lines_of, with_lines
from autograder.grading.submission import PlannedCell, Submission
from autograder.language import ENGLISH, speak, tr
from autograder.sandbox import Limits, Sandbox

PLAIN = (
    "There is no sandbox here, so the notebook ran in a plain process with a time limit. "
    "That is fine for your own code; do not check somebody else's this way."
)


@dataclass(frozen=True)
class Checked:
    """What became of a notebook on its public cases."""

    notebook: str  # the name of the notebook
    assignment: str
    rows: tuple[RowResult, ...]  # one verdict for each line of the rubric, in order
    cases: dict[str, tuple[str, ...]]  # row -> the names of the cases on which it was checked
    isolation: str  # the level at which it ran

    @property
    def all_right(self) -> bool:
        """Whether every row that a machine can judge is right."""
        return all(row.status in ("right", "manual") for row in self.rows)


def find_notebooks(paths: Iterable[Path]) -> list[Path]:
    """The notebooks that are asked for: files as they are, of folders all with public data.

    Raises:
        CourseError: A folder holds none.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if not path.is_dir():
            found[path] = None
            continue
        below = [
            data.with_name(data.name.removesuffix(SUFFIX) + ".ipynb")
            for data in sorted(path.rglob(f"*{SUFFIX}"))
            if not any(part.startswith(".") for part in data.relative_to(path).parts)
        ]
        if not below:
            raise CourseError(
                f"no *{SUFFIX} in {path.resolve()} or below it, so there is nothing to check. "
                "Change into the folder that holds the notebooks, or name one."
            )
        found.update(dict.fromkeys(below))
    return list(found)


def check_notebook(
    path: Path, limits: Limits, *, isolated: bool = True, explain: bool = True
) -> Checked:
    """Run a notebook and check every row on the public cases.

    Args:
        isolated: Use the sandbox where there is one; otherwise a plain process.
        explain: Look for the line in which a row goes wrong.

    Raises:
        GradingError: The notebook cannot be read.
        CourseError: Its public data cannot be found or read.
    """
    data = load(public_data_of(path))
    speak(data.language or ENGLISH, data.words)
    found = submission.read(path)
    if found.problem:
        raise GradingError(f"cannot read {path}: {found.problem}")
    planned = own_cells(found)
    questions = [[from_public(public)] for public in data.exercises]
    rows = [row for public in data.exercises for row in public.exercise.rows]
    with _sandbox(isolated) as sandbox:
        asked = ask(planned, found.cells, questions, rows, sandbox, limits)
        isolation = sandbox.isolation
        wrong = {row.id for row in asked.rows if explain and may_be_repaired(row)}
        cells = {name: p.position for p in planned for name in defined(p.source)}
        lines = lines_of(wrong, planned, questions, sandbox, limits) if wrong else {}
    answers = {p.exercise.variable for p in data.exercises if isinstance(p.exercise, Answer)}
    known = (recorded(row) if row.id in answers else row for row in asked.rows)
    told = tuple(with_lines(row, lines.get(row.id, ()), cells) for row in known)
    cases = {
        row.id: tuple(e.case.name for e in question.expectations if row.id in e.outputs)
        for (question,) in questions
        for row in question.exercise.rows
    }
    return Checked(path.name, data.assignment, told, cases, isolation)


def own_cells(found: Submission) -> list[PlannedCell]:
    """The cells to run: all code but experiments and check cells, as the notebook itself tags them.

    It is the student's own run, so the notebook's own tags are good enough.
    """
    return [
        PlannedCell(cell.source, f"cell {position}", position=position)
        for position, cell in enumerate(found.cells, 1)
        if cell.kind == "code"
        and cell.source.strip()
        and not cell.grade
        and "experiment" not in cell.tags
    ]


def public_data_of(path: Path) -> Path:
    """The file of public data: beside the notebook, or in `assignments/` of a folder above it.

    Raises:
        CourseError: There is none.
    """
    if not path.is_file():
        raise CourseError(f"there is no notebook {path}. Give the path of an .ipynb file.")
    name = path.stem + SUFFIX
    beside = path.resolve().with_name(name)
    if beside.is_file():
        return beside
    for folder in beside.parents:
        released = sorted((folder / "assignments").glob(f"*/{name}"))
        if len(released) == 1:
            return released[0]
    raise CourseError(
        f"{name} is not beside {path}. It ships with the notebook and holds what is checked: "
        "fetch it again, and keep the notebook's name."
    )


def _sandbox(isolated: bool) -> Sandbox:
    if isolated:
        try:
            return Sandbox(isolation="auto")
        except IsolationError:
            pass  # the student's own machine; the caller says so
    return Sandbox(isolation="none")


def show(checked: Checked) -> str:
    """The verdicts as text: each row that is not right in full, then the table of all rows."""
    parts = []
    for row in checked.rows:
        told = row.status not in ("right", "manual") or any(
            f.check is Check.STATE for f in row.findings
        )
        if told:
            parts.append(as_text(card(row, coverage=Coverage(checked.cases[row.id]))))
    return "\n\n".join([*parts, as_text([table(checked.rows)])])


def write_summary(checked: Checked, path: Path) -> None:
    """Append a summary in Markdown to a file, which the steps of a CI job may share.

    Raises:
        GradingError: It cannot be written.
    """
    parts = [
        render_markdown(checked.rows, title=f"{checked.assignment}/{checked.notebook}"),
        tr("These are the public cases; the grader also runs hidden ones."),
    ]
    if checked.isolation == "none":
        parts.append(tr(PLAIN))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("\n\n".join(part.strip() for part in parts) + "\n")
    except OSError as error:
        raise GradingError(
            f"cannot write {path}: {error.strerror}. Give another file with --summary."
        ) from error
