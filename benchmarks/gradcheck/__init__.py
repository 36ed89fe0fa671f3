"""Gradient checkers side by side; run with ``python -m benchmarks.gradcheck [--quick]``."""
