"""What nbgrader needs to know about this course; its commands and the formgrader read it."""

from autograder.course.nbgrader_steps import configure as configure_release
from autograder.integrations.nbgrader import configure as configure_grading

c = get_config()  # noqa: F821 (nbgrader defines it)
c.CourseDirectory.course_id = "backprop"
configure_release(c)
configure_grading(c)
