"""INSTRUCTOR: the kit as an autograder on Gradescope: its zip, and what runs there."""
