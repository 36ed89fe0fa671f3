"""The page of `nbgrader generate_feedback`: rows by name, what lost points first, no network."""

import re
from typing import Any

from nbconvert.exporters import HTMLExporter
from nbconvert.preprocessors import Preprocessor
from nbgrader.api import Gradebook
from traitlets import Bool

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
