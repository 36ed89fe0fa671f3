"""INSTRUCTOR: reads solutions/, builds and checks what students get."""

from autograder.course.cells import SourceCell
from autograder.course.folder import Course, find_course_root, load_course
from autograder.course.gallery import write_gallery
from autograder.course.notebook import Notebook, load_notebook
from autograder.course.questions import hidden_questions, public_questions
from autograder.course.release import (
    Release,
    check_drift,
    check_release,
    release,
    release_translated,
)
from autograder.course.secret import secret_seed

__all__ = [
    "Course",
    "Notebook",
    "Release",
    "SourceCell",
    "check_drift",
    "check_release",
    "find_course_root",
    "hidden_questions",
    "load_course",
    "load_notebook",
    "public_questions",
    "release",
    "release_translated",
    "secret_seed",
    "write_gallery",
]
