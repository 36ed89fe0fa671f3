"""The errors that a person using the kit can cause and mend. A student's failure is a finding.

AutograderError
├── DeclarationError   an exercise is declared wrongly
├── CourseError        the course folder, a notebook source or the public data is wrong
├── IsolationError     student code cannot be contained here as asked
└── GradingError       the grader itself could not do its work
"""


class AutograderError(Exception):
    """Something that the person at the keyboard can mend; the message says how."""


class DeclarationError(AutograderError):
    """An exercise is declared wrongly."""


class CourseError(AutograderError):
    """The course folder, a notebook source or the public data is wrong."""


class IsolationError(AutograderError):
    """Student code cannot be contained on this machine as asked."""


class GradingError(AutograderError):
    """The grader itself could not do its work."""
