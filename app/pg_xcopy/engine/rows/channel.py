"""Chunks of COPY data from the thread that reads them to the one that writes them. Knows neither SQL nor servers.

Not a pipe of the operating system: that copies every byte into the kernel and out again. Not a `queue.Queue`: who takes
must wait for its server, too, and a thread waits for several things at once by their descriptors only.
"""

from __future__ import annotations

import io
import os
import threading
from collections import deque
from collections.abc import Callable

from pg_xcopy.connect.session import CHUNK, Sink

AHEAD = 24
"""Chunks by which one side may be ahead of the other: 3 MiB.

With 1 MiB, as a pipe has, both servers waited in turn, 4 % longer for rows of 8 kB; more than 3 gained little.
"""


class NobodyListensError(Exception):
    """The side that takes is gone, and wants nothing more."""


class ProducerDiedError(Exception):
    """The data ended because the producer failed, not because there was no more."""


class Channel(io.RawIOBase):
    """A bounded queue that is written to as to a file; `descriptor` can be read when `take` has something to give."""

    def __init__(self, ahead: int = AHEAD) -> None:
        super().__init__()
        self._ahead = ahead
        self._chunks: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._ended = self._broken = self._left = self._awaited = False
        self.descriptor, self._bell = os.pipe()

    def writable(self) -> bool:
        """Tell io.BufferedWriter that it may write."""
        return True

    def write(self, data: object) -> int:
        """Hand on all of the data, a chunk at a time: a value of any size passes through a queue of one size."""
        view = memoryview(data)  # type: ignore[arg-type]  # a buffer, which its owner uses again
        for start in range(0, len(view), CHUNK):
            self.put(bytes(view[start : start + CHUNK]))
        return len(view)

    def put(self, chunk: bytes, patience: float | None = None) -> bool:
        """Hand on a chunk; wait for room, for so many seconds, and tell whether there was any.

        Raises NobodyListensError when nobody takes anything any more.
        """
        with self._changed:
            room = self._changed.wait_for(lambda: len(self._chunks) < self._ahead or self._left, patience)
            if self._left:
                raise NobodyListensError
            if room:
                self._chunks.append(chunk)
                self._ring()
            return room

    def end(self) -> None:
        """Say that this was all."""
        with self._changed:
            self._ended = True
            self._ring()

    def break_off(self) -> None:
        """Say that there will be no more, though this was not all."""
        with self._changed:
            self._broken = True
            self._ring()

    def take(self) -> bytes | None:
        """Give the next chunk, or an empty one after the last; None where there is none yet: `descriptor` tells when.

        Raises ProducerDiedError when the data broke off, whatever was on its way.
        """
        with self._changed:
            if self._broken:
                raise ProducerDiedError
            if self._chunks:
                self._changed.notify_all()
                return self._chunks.popleft()
            self._awaited = not self._ended
            return b"" if self._ended else None

    def heard(self) -> None:
        """Take note that the descriptor could be read."""
        os.read(self.descriptor, 1)

    def leave(self) -> None:
        """Take nothing more: who waits for room is told."""
        with self._changed:
            if not self._left:
                self._left = True
                self._chunks.clear()
                os.close(self.descriptor)
                os.close(self._bell)
            self._changed.notify_all()

    def _ring(self) -> None:
        if self._awaited and not self._left:
            self._awaited = False
            os.write(self._bell, b".")


def in_chunks(rows: Callable[[Sink], int], sink: io.RawIOBase) -> int:
    """Gather what is written row by row into chunks for a sink; return what `rows` returns, their number."""
    buffered = io.BufferedWriter(sink, CHUNK)
    number = rows(buffered)
    buffered.flush()
    return number
