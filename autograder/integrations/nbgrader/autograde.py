"""The steps of `nbgrader autograde`: rebuild the notebook, then grade the raw submission."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from traitlets import Bool, Float, Integer
from traitlets.config import Application

from autograder.course import find_course_root, load_course
from autograder.errors import GradingError
from autograder.grading import submission
from autograder.grading.desk import Terms, grade_at_desk
from autograder.grading.grade import Graded
from autograder.grading.student_folder import look
from autograder.grading.submission import Handin
from autograder.integrations.nbgrader.config import read_settings
from autograder.integrations.nbgrader.gradebook import (
    Judgement,
    Judgements,
    fill,
    judged,
    open_gradebook,
)
from autograder.integrations.nbgrader.rebuild import WAITS_FOR_A_PERSON, put_findings, rebuild
from autograder.integrations.nbgrader.released import ReleasedNotebook, known_release
from autograder.integrations.nbgrader.scores import Entry, ScoreWriter

_JUDGED = "autograder_judged"
UNFINISHED = "Not up to date: the last run of nbgrader autograde did not finish."


class RebuildNotebook(NbGraderPreprocessor):
    """In place of `DeduplicateIds`, `OverwriteCells` and others.

    Those raise an error on a notebook that lacks a solution and its check cell, and leave the old
    score standing.
    """

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        course = _course_directory(self)
        handin = _handin(course, resources)
        if refused := _refused.get(_path(handin).parent):
            raise refused
        released = _released(course.root, handin.assignment)
        submitted = Path(course.root) / course.submitted_directory
        found = submission.read(_path(handin), submitted / handin.student)
        if found.problem:
            raise GradingError(f"{handin.path}: {found.problem}")
        return nbformat.from_dict(rebuild(released, found.cells).notebook), resources


class GradeInSandbox(NbGraderPreprocessor):
    """In place of `Execute`: student code runs in the sandbox, and findings become outputs.

    The file as handed in is graded, on public and hidden cases, exactly as `autograder grade` does.
    """

    timeout = Float(10.0, help="Wall seconds per call; a submission gets six times that.").tag(
        config=True
    )
    memory = Integer(1024, help="MB that a submission may take.").tag(config=True)
    isolated = Bool(
        True, help="Set to False, students' code runs with your rights; results say so."
    ).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        course = _course_directory(self)
        handin = _handin(course, resources)
        submitted = Path(course.root) / course.submitted_directory
        terms = Terms(Path(course.root), submitted, self.timeout, self.memory, self.isolated)
        graded = grade_at_desk(handin, terms)
        assert isinstance(graded, Graded)
        if graded.timed_out:  # a busy machine is no fault of the student's
            graded = grade_at_desk(handin, terms)
            assert isinstance(graded, Graded)
        notebook = dict(nb)
        put_findings(notebook, graded.result)
        released = _released(course.root, handin.assignment)
        resources[_JUDGED] = judged(released, notebook["cells"], graded.result)
        return nbformat.from_dict(notebook), resources


class SaveScores(SaveAutoGrades):
    """Nbgrader's own step, with two differences.

    Code that waits for a person gets no points (nbgrader would see some), and a score given by hand
    is questioned only where what it was given for has changed.
    """

    def _add_score(self, cell: Any, resources: Any) -> None:
        super()._add_score(cell, resources)
        at = resources["nbgrader"]
        place = (at["notebook"], at["assignment"], at["student"])
        row = cell.metadata.nbgrader["grade_id"]
        grade = self.gradebook.find_grade(row, *place)
        if WAITS_FOR_A_PERSON.items() <= cell.metadata.items():
            grade.auto_score = None
        judgements = Judgements(self.gradebook.db)
        known = judgements.of([grade.id])  # `prepare` has seen what people did since
        now = replace(known.get(grade.id, Judgement()), shown=resources[_JUDGED].get(row))
        grade.needs_manual_grade = now.asks(grade.auto_score)
        judgements.put(known, {grade.id: now})
        self.gradebook.db.commit()


def prepare(assignment: str, student: str, notebooks: list[str]) -> None:
    """Fill a new gradebook, and mark the submission's old score as not up to date.

    Nbgrader calls it before it grades. The mark goes when grading succeeds, and only then.

    Args:
        assignment, student: Patterns for what is graded in this run.
        notebooks: The paths of this submission's notebooks.
    """
    folder = Path(notebooks[0]).parent
    _refused.pop(folder, None)
    try:
        _prepare(folder, {Path(notebook).stem for notebook in notebooks})
    except Exception as error:  # nbgrader goes on all the same, up to our first step
        _refused[folder] = error
        raise


_refused: dict[Path, Exception] = {}
"""The submissions whose gradebook could not be prepared, and why."""


def _prepare(folder: Path, names: set[str]) -> None:
    root = find_course_root(folder)
    released = _released(root, folder.name)
    why = UNFINISHED
    if released.name not in names:  # nbgrader makes a submission of it, and then gives it up
        found = look(folder.parent, {folder.name: released.name})
        why = f"Not graded: {found.handin(folder.name, released.name).note}"
        _running().log.error("%s, %s: %s", folder.parent.name, folder.name, why)
    given = getattr(getattr(_running(), "coursedir", None), "db_url", None)  # with `--db`
    settings = read_settings(root, given or None)
    with open_gradebook(settings.gradebook, settings.course_id) as gradebook:
        try:
            fill(gradebook, released, settings.gradebook)
        finally:
            writer = ScoreWriter(gradebook, released.assignment, released.name)
            writer.write([Entry(folder.parent.name, {}, stale=why)])


def _running() -> Application:
    """The nbgrader command that runs, or the server that the formgrader lives in."""
    return Application.instance() if Application.initialized() else Application()


def _course_directory(step: NbGraderPreprocessor) -> Any:
    """The `CourseDirectory`: known to the converter that runs the step's exporter."""
    converter = getattr(step.parent, "parent", None)
    course = getattr(converter, "coursedir", None)
    if course is None:
        raise GradingError(f"{type(step).__name__} is a step of `nbgrader autograde` only")
    return course


def _handin(course: Any, resources: Any) -> Handin:
    at = resources["nbgrader"]
    folder = course.format_path(course.submitted_directory, at["student"], at["assignment"])
    return Handin(at["student"], at["assignment"], Path(folder) / f"{at['notebook']}.ipynb")


def _path(handin: Handin) -> Path:
    assert handin.path is not None
    return handin.path


def _released(root: Path | str, assignment: str) -> ReleasedNotebook:
    """As the source is now: the formgrader's server lives for days."""
    return known_release(load_course(Path(root)), assignment)
