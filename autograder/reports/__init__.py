"""INSTRUCTOR: the class on one page, and a page for every student."""
