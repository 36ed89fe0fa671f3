"""INSTRUCTOR and CI: what other tools read and write."""
