"""Scores in the formats that other tools read."""

from autograder.integrations.exports.write import FORMATS, export

__all__ = ["FORMATS", "export"]
