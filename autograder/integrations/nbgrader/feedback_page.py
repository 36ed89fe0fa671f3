"""What nbgrader's pages show: the feedback, and in the formgrader by what a text is graded.

The page of `nbgrader generate_feedback` has rows by name, what lost points first, no network. A
rubric and a model answer are put into the formgrader's page while it is made. No notebook on disk
has them, so neither feedback nor an autograded notebook that somebody hands on can give them away.
"""

import functools
import re
from html import escape
from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbgrader.api import Gradebook
from traitlets import Bool

from autograder.course import find_course_root, load_course
from autograder.course.cells import regions
from autograder.errors import AutograderError
from autograder.exercises.kinds_stateful import Text

_ONLY_THERE = "submission_id"
"""What the formgrader's handler says of a page, and nbgrader's feedback does not."""


class ShowModelAnswers(Preprocessor):
    """A step of nbconvert's HTML exporter: below a text its rubric and model answer."""

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Add a cell below each text, where the page is the formgrader's."""
        if _ONLY_THERE not in resources or "assignment_id" not in resources:
            return nb, resources
        try:
            root = find_course_root(Path(resources["metadata"]["path"]))
            source = load_course(root).sources[resources["assignment_id"]]
            texts = _texts(root, resources["assignment_id"], source.stat().st_mtime_ns)
        except (AutograderError, OSError, KeyError):
            return nb, resources  # the text can be graded without
        from nbformat.v4 import new_markdown_cell

        cells = []
        for cell in nb.cells:
            cells.append(cell)
            told = texts.get(cell.metadata.get("nbgrader", {}).get("grade_id", ""))
            if told and cell.cell_type == "markdown":
                cells.append(new_markdown_cell(told))
        nb.cells = cells
        return nb, resources


@functools.lru_cache(maxsize=16)
def _texts(root: Path, assignment: str, changed: int) -> dict[str, str]:
    """Grade id of a text -> its rubric and its model answer, as Markdown.

    Args:
        changed: When the source was written last: a new one is read anew.
    """
    notebook = load_course(root).assignment(assignment)
    rubrics = {e.name: e.rubric for e in notebook.exercises if isinstance(e, Text)}
    found = {}
    for cell in notebook.cells:
        if cell.kind == "text":
            exercise = notebook.exercise(cell.row).name
            found[cell.grade_id] = _told(rubrics.get(exercise, ()), cell.source, cell.row)
    return found


def _told(rubric: tuple[str, ...], source: str, row: str) -> str:
    lines = source.split("\n")
    model = "\n".join("\n".join(lines[a + 1 : b]) for a, b in regions(source)).strip()
    parts = [f"**Graded by** (`{row}`, only here)", ""]
    parts += [f"- {escape(re.sub(r'_', ' ', line), quote=False)}" for line in rubric]
    return "\n".join([*parts, "", "**Model answer**", "", model])


_SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.DOTALL | re.IGNORECASE)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


class RowsByName(Preprocessor):
    """A step after nbgrader's `GetGrades`: lists the rows, those that lost most first.

    A row that waits for a person has lost nothing yet.
    """

    enabled = Bool(True).tag(config=True)

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        """Put the rows into `resources["nbgrader"]["rows"]`."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as book:
            found = book.find_submission_notebook(
                where["notebook"], where["assignment"], where["student"]
            )
            waiting = {grade.name for grade in found.grades if grade.needs_manual_grade}
        about = [cell.metadata.get("nbgrader", {}) for cell in nb.cells]
        rows = [
            (meta["grade_id"], meta.get("score") or 0, meta.get("points") or 0, waits)
            for meta in about
            if meta.get("grade")
            for waits in [meta["grade_id"] in waiting]
        ]
        where["rows"] = sorted(rows, key=lambda row: row[1] - row[2] if not row[3] else 0)
        return nb, resources


class FeedbackExporter(HTMLExporter):
    """The page as a file that can be read anywhere: static, in a stated language."""

    def from_notebook_node(self, nb: Any, resources: Any = None, **kw: Any) -> Any:
        """The page; whatever would run or load something in it is taken away."""
        html, resources = super().from_notebook_node(nb, resources, **kw)
        html = _SCRIPT.sub("", html).replace("<html>", '<html lang="en">', 1)
        policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        return html.replace("<head>", f"<head>\n{policy}", 1), resources
