"""A course kit on backpropagation by hand, and the checker that goes with it."""

__version__ = "0.1.0"
