"""Who is in the course, according to the gradebook."""

from __future__ import annotations

from pathlib import Path

from autograder.integrations.nbgrader.gradebook import GradebookError, reading


def enrolled(root: Path, gradebook: str | None = None) -> list[str]:
    """The students whom the gradebook knows; none where there is none yet.

    A gradebook that cannot be read, or is another course's, is no reason not to grade: whoever
    writes to it will say so.

    Raises:
        CourseError: When `nbgrader_config.py` is missing or fails.
    """
    from sqlalchemy import text

    try:
        with reading(root, gradebook) as connection:
            if connection is None:
                return []
            found = connection.execute(text("SELECT id FROM student ORDER BY id")).scalars()
            # A student's name becomes part of a path.
            return [s for s in map(str, found) if s and not s.startswith(".") and "/" not in s]
    except GradebookError:
        return []
