"""Not faster than allowed: all streams of a job share one rate."""

from __future__ import annotations

import threading
import time

SLICES = 20
"""What is read at once takes this part of a second: short enough for a run to be stopped soon."""

SLACK = 1 / SLICES
"""Seconds that may be caught up with after a stall: without, every pause that is a little too long would add up."""

SHORTEST = 0.005
"""Seconds below which a pause is put off, since no system sleeps for less with any accuracy."""


class Pace:
    """Bytes a second, counted from the first byte; `rate` None is as fast as it goes."""

    def __init__(self, rate: int | None) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    def portion(self, size: int) -> int:
        """Give how many bytes to read at once, of `size` that were asked for."""
        return size if self._rate is None else max(1, min(size, self._rate // SLICES))

    def passed(self, size: int) -> None:
        """Wait for as long as `size` bytes must take."""
        if self._rate is None:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now - SLACK) + size / self._rate
            pause = self._free_at - now
        if pause > SHORTEST:
            time.sleep(pause)
