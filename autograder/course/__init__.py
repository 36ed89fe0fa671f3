"""INSTRUCTOR: reads solutions/, builds and checks what students get."""

from autograder.course.cells import SourceCell
from autograder.course.folder import Course, find_course_root, load_course, secret_seed
from autograder.course.notebook import Notebook, load_notebook

__all__ = [
    "Course",
    "Notebook",
    "SourceCell",
    "find_course_root",
    "load_course",
    "load_notebook",
    "secret_seed",
]
