"""INSTRUCTOR: what leaves the repository, without the course: a wheel, a zip, a repository."""
