"""What nbgrader needs to know about this course; its commands and the formgrader read it."""

from autograder.course.nbgrader_steps import configure

c = get_config()  # noqa: F821 (nbgrader defines it)
c.CourseDirectory.course_id = "backprop"
configure(c)
