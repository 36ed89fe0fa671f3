"""The catalogue of checks: case, expected, observed -> findings; and the verdict on a row."""
