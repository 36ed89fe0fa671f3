"""INSTRUCTOR: what a learning platform gives, sorted into the folder of submissions."""
