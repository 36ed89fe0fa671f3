"""Run `python -m benchmarks`: every benchmark, each side by side with its peers."""

import sys

from benchmarks.gradcheck.__main__ import main as gradcheck
from benchmarks.grading.__main__ import main as grading

if __name__ == "__main__":
    sys.exit(grading([]) or gradcheck(sys.argv[1:]))
