"""Scores in the formats that other tools read."""

from autograder.integrations.exports.formats import FORMATS, Format, find_format
from autograder.integrations.exports.write import Exported, export

__all__ = ["FORMATS", "Exported", "Format", "export", "find_format"]
