"""INSTRUCTOR: reads solutions/, builds and checks what students get."""

from autograder.course.cells import SourceCell
from autograder.course.folder import Course, find_course_root, load_course
from autograder.course.notebook import Notebook, load_notebook
from autograder.course.secret import secret_seed

__all__ = [
    "Course",
    "Notebook",
    "SourceCell",
    "find_course_root",
    "load_course",
    "load_notebook",
    "secret_seed",
]
