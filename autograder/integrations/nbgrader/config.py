"""What `nbgrader_config.py` sets for grading, and what the kit reads from there."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from autograder.errors import CourseError

CONFIG = "nbgrader_config.py"
_HERE = "autograder.integrations.nbgrader"
_ROOM = f"{_HERE}.autograde"


def configure(c: Any) -> None:
    """Let `nbgrader autograde` grade as `autograder grade` does.

    The steps are given by name, so that whoever reads the configuration does not load them.

    Args:
        c: The configuration object of `nbgrader_config.py`.
    """
    c.CourseDirectory.submitted_directory = "submitted"
    c.CourseDirectory.autograded_directory = "autograded"
    c.CourseDirectory.feedback_directory = "feedback"
    c.Autograde.pre_convert_hook = f"{_ROOM}.prepare"
    # The submission is put back into the instructor's notebook, whatever became of its cells ...
    c.Autograde.sanitize_preprocessors = [f"{_ROOM}.RebuildNotebook"]
    # ... graded from the file as handed in, and the scores are read from the cells' outputs.
    c.Autograde.autograde_preprocessors = [
        f"{_ROOM}.GradeInSandbox",
        f"{_ROOM}.SaveScores",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    # The formgrader shows by what a text is graded; feedback is a page that stands alone.
    c.HTMLExporter.preprocessors = [f"{_HERE}.feedback_page.ShowModelAnswers"]
    c.GenerateFeedback.exporter_class = f"{_HERE}.feedback_page.FeedbackExporter"
    c.GenerateFeedback.preprocessors = [
        "nbgrader.preprocessors.GetGrades",
        f"{_HERE}.feedback_page.RowsByName",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]
    c.FeedbackExporter.template_name = "backprop_feedback"
    c.FeedbackExporter.extra_template_basedirs = [str(Path(__file__).parent / "templates")]
    # Their template, which ours extends, and the style that it takes in.
    nbgrader = Path(str(getattr(find_spec("nbgrader"), "origin", ""))).parent
    formgrader = nbgrader / "server_extensions" / "formgrader"
    style = formgrader / "static" / "node_modules" / "bootstrap" / "dist" / "css"
    c.FeedbackExporter.extra_template_paths = [str(style), str(formgrader / "templates")]


@dataclass(frozen=True)
class Settings:
    """What the course told nbgrader."""

    course_id: str  # the course as the gradebook knows it
    gradebook: str  # the database, as a URL
    config: Any  # all of `nbgrader_config.py`, a `traitlets` configuration


def read_settings(root: Path, gradebook: str | None = None) -> Settings:
    """Read `nbgrader_config.py`.

    Args:
        gradebook: A database to use instead of the course's own.

    Raises:
        CourseError: When the file is missing or fails.
    """
    from traitlets.config.loader import PyFileConfigLoader

    try:
        config = PyFileConfigLoader(CONFIG, path=str(root)).load_config()
    except Exception as error:  # it is a program, and may fail in any way
        raise CourseError(f"{root / CONFIG}: {type(error).__name__}: {error}") from error
    folder = config.CourseDirectory
    default = f"sqlite:///{root / 'gradebook.db'}"
    url = str(gradebook or (folder.db_url if "db_url" in folder else default))
    if "://" not in url:  # a plain path is taken for an SQLite file
        url = f"sqlite:///{(root / url).resolve()}"
    # nbgrader's own name for a course without a name.
    course_id = folder.course_id if "course_id" in folder else "default_course"
    return Settings(str(course_id), url, config)
