"""INSTRUCTOR: answers of one assignment that are alike, for a person to look at."""
