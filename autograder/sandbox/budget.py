"""The wall time that a submission may use."""

from __future__ import annotations

import time


class Budget:
    """Charges time to a submission, or to its cells that cost nothing.

    Args:
        seconds: What may be used, for each of the two.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.used = 0.0
        self._spare_used = 0.0
        self._mark = time.monotonic()

    def start(self) -> None:
        """Charge from now on."""
        self._mark = time.monotonic()

    def charge(self, counts: bool = True) -> None:
        """Charge the time since the last charge."""
        now = time.monotonic()
        if counts:
            self.used += now - self._mark
        else:
            self._spare_used += now - self._mark
        self._mark = now

    def is_used_up(self, counts: bool = True) -> bool:
        """Whether nothing is left."""
        return self._left(counts) <= 0

    def deadline(self, seconds: float, counts: bool = True) -> float:
        """The moment, on the monotonic clock, by which something of `seconds` must be over."""
        return time.monotonic() + min(seconds, max(self._left(counts), 0.0))

    def message(self) -> str:
        """What a student reads when all is used up."""
        return f"the submission's {self.seconds:g} seconds are used up"

    def _left(self, counts: bool) -> float:
        return self.seconds - (self.used if counts else self._spare_used)
