"""This course's pages, and what makes those of them that come from the course."""
