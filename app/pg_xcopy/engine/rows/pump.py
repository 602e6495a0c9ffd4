"""Rows from one COPY into another: two threads with a channel between them. Knows no SQL.

What must never happen is a short copy that succeeds. The driver takes an empty `read()` for the end of the data, so the
reading end tells a producer that finished from one that died, and raises for the latter.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Callable

from msgspec import Struct, field

from pg_xcopy.connect.session import CHUNK, Stream
from pg_xcopy.engine.rows.channel import AHEAD, Channel
from pg_xcopy.engine.rows.pacing import Pace

REPORT_SECONDS = 0.2
PATIENCE = 10
"""How often, once a second, a producer is asked to stop before its connection is cut."""


class ConsumerSpokeError(Exception):
    """The consumer's server sent something in the middle of COPY FROM: an error, or its farewell."""


class Tally(Struct):
    """Rows and bytes that have passed; rows are line ends, which text COPY data has only at the end of a row.

    None where they are not counted on the way: binary data would have to be taken apart for it.
    """

    rows: int | None = 0
    bytes: int = 0


class Pumped(Struct, frozen=True):
    """What either side counted, in rows, and the bytes between them."""

    sent: int
    received: int
    bytes: int


class Producer(Struct, frozen=True):
    """The side that reads the source: `run` writes to a channel and returns its rows; the others end it from outside.

    `stop` asks it to break off, `cut` takes its connection away. `ahead` is by how many chunks it may be ahead.
    """

    run: Callable[[Channel], int]
    stop: Callable[[], None]
    cut: Callable[[], None]
    ahead: int = AHEAD


class Consumer(Struct, frozen=True):
    """The side that writes the target. `descriptor` is its socket: in COPY FROM a server that speaks has an error."""

    run: Callable[[Stream], int]
    descriptor: int


class Watch(Struct, frozen=True):
    """What happens to the data on its way: `report` is told what has passed, at most every REPORT_SECONDS.

    `passed` is told of the bytes of each chunk, `lines` tells whether each row ends with a line end.
    """

    report: Callable[[Tally], None]
    pace: Pace
    passed: Callable[[int], None]
    lines: bool = True


class _Outcome(Struct):
    """The first failure of either side, never overwritten by its echo on the other."""

    cause: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def blame(self, error: BaseException) -> None:
        with self._lock:
            self.cause = self.cause or error


class _ReadingEnd:
    """What the consumer's driver reads from."""

    def __init__(self, channel: Channel, peer: int, watch: Watch) -> None:
        self._channel, self._peer, self._watch = channel, peer, watch
        self._rest = b""
        self._tally = Tally(rows=0 if watch.lines else None)
        self._reported = time.monotonic()
        self._poll = select.poll()
        self._poll.register(channel.descriptor, select.POLLIN)
        self._poll.register(peer, select.POLLIN)

    @property
    def passed(self) -> int:
        return self._tally.bytes

    def read(self, size: int = -1) -> bytes:
        """Give what there is, at most `size` bytes of it; nothing only at the end of the data."""
        chunk = self._next()
        portion = self._watch.pace.portion(size if size > 0 else CHUNK)
        chunk, self._rest = chunk[:portion], chunk[portion:]
        self._count(chunk)
        self._watch.passed(len(chunk))
        self._watch.pace.passed(len(chunk))
        return chunk

    def _next(self) -> bytes:
        """Wait for the rows and the server at once: a dead server must not wait for a slow source."""
        while True:
            chunk = self._rest or self._channel.take()
            if any(descriptor == self._peer for descriptor, _ in self._poll.poll(None if chunk is None else 0)):
                raise ConsumerSpokeError
            if chunk is not None:
                return chunk
            self._channel.heard()

    def _count(self, chunk: bytes) -> None:
        self._tally.bytes += len(chunk)
        if self._tally.rows is not None:
            self._tally.rows += chunk.count(b"\n")
        if (now := time.monotonic()) - self._reported > REPORT_SECONDS:
            self._reported = now
            self._watch.report(self._tally)


def pump(producer: Producer, consumer: Consumer, watch: Watch) -> Pumped:
    """Run both sides until both have ended; raise the first failure of either, as it was.

    Memory is bounded by the channel and one chunk at either end, whatever the size of the table.
    """
    outcome, channel = _Outcome(), Channel(producer.ahead)
    sent: list[int] = []
    thread = threading.Thread(target=_produce, args=(producer, channel, outcome, sent), daemon=True)
    end = _ReadingEnd(channel, consumer.descriptor, watch)
    received = 0
    try:
        thread.start()
        received = consumer.run(end)
    except BaseException as error:  # noqa: BLE001 - whatever it was is raised below, once the other side has ended
        outcome.blame(error)
    finally:
        channel.leave()
        _await(thread, producer, failed=outcome.cause is not None)
    if outcome.cause:
        raise outcome.cause
    return Pumped(sent[0], received, end.passed)


def _produce(producer: Producer, channel: Channel, outcome: _Outcome, sent: list[int]) -> None:
    try:
        sent.append(producer.run(channel))
        channel.end()
    except BaseException as error:  # noqa: BLE001 - the consumer's thread raises it
        outcome.blame(error)
        channel.break_off()


def _await(thread: threading.Thread, producer: Producer, *, failed: bool) -> None:
    """Wait for the producer; after a failure it may sit in a query that sends nothing, so it is told to stop."""
    attempts = 0
    while thread.is_alive():
        if failed:
            (producer.stop if attempts < PATIENCE else producer.cut)()
            attempts += 1
        thread.join(1.0 if failed else None)
