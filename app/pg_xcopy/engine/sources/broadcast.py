"""One reading of the source for several targets: each row is read once, and sent to all that want it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct, field

from pg_xcopy.connect.session import CHUNK, Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.rows.channel import Channel, NobodyListensError, in_chunks
from pg_xcopy.engine.rows.pacing import Pace
from pg_xcopy.engine.rows.pump import Producer
from pg_xcopy.engine.sources.reading import Feed
from pg_xcopy.engine.sources.source import Source, open_reader, refuse_replaced, still_there
from pg_xcopy.errors import StalledTargetError
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.sql.quoting import Sql

BUFFER = 64
"""Chunks by which a target may be behind the reader: 8 MiB, after which the others wait for it."""

STALL = 60.0
"""Seconds without taking anything at all after which a target that holds up the others is left behind."""

PATIENCE = 30.0
"""Seconds that those who want a table wait for the others who want it, too; who comes later has it read again."""


class _Subscription:
    """One target's wish for the rows of a statement, which the reader's thread puts into the target's channel."""

    def __init__(self, target: str, table: str) -> None:
        self._target, self._table = target, table
        self._channel: Channel | None = None
        self._ended = threading.Event()
        self._rows = 0
        self._error: BaseException | None = None
        self.abandoned = False

    def into(self, channel: Channel) -> None:
        """Know where the rows are to go, before any comes."""
        self._channel = channel

    def put(self, chunk: bytes) -> None:
        """Hand on a chunk; wait while there is no room, but not for a target that takes nothing at all."""
        assert self._channel  # noqa: S101 - who asks for rows has said where to  # nosec B101
        try:
            if self._channel.put(chunk, STALL):
                return
        except NobodyListensError:
            self.abandon()
        else:
            self.fail(StalledTargetError(self._target, self._table, STALL))
            self.abandon()

    def finish(self, rows: int) -> None:
        """Say that this was all: so many rows."""
        self._rows = rows
        self._ended.set()

    def fail(self, error: BaseException) -> None:
        """Say that the reader failed."""
        self._error = self._error or error
        self._ended.set()

    def abandon(self) -> None:
        """Want no more."""
        self.abandoned = True
        self._ended.set()

    def rows(self) -> int:
        """Wait until all is in the channel; return the rows, or raise what went wrong."""
        self._ended.wait()
        if self._error:
            raise self._error
        if self.abandoned:
            raise NobodyListensError
        return self._rows


class _Spreader(io.RawIOBase):
    """What the reader's driver writes to, behind a buffer: each chunk goes to all who still listen."""

    def __init__(self, subscriptions: Collection[_Subscription], pace: Pace) -> None:
        super().__init__()
        self._subscriptions, self._pace = subscriptions, pace

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        chunk = bytes(memoryview(data)[:CHUNK])  # type: ignore[arg-type]  # a buffer, which its owner uses again
        self._pace.passed(len(chunk))
        listening = [each for each in self._subscriptions if not each.abandoned]
        if not listening:
            raise NobodyListensError
        for each in listening:
            each.put(chunk)
        return len(chunk)


class _Stream(Struct):
    """A statement whose rows are to be read, and who waits for them."""

    statement: Sql
    doing: str
    since: float = field(default_factory=time.monotonic)
    subscriptions: list[_Subscription] = field(default_factory=list)
    begun: bool = False


class Broadcast:
    """Reads for several targets. `wanted` says of each which statements it will ask for.

    A statement is run when all that want it have asked for it, so they must ask in the same order; who keeps the others
    waiting for too long has it run again for himself. At most as many are run at once as one target may have readers.
    """

    def __init__(self, source: Source, plan: Plan, wanted: Mapping[str, Collection[Sql]], sessions: Sessions) -> None:
        self._source, self._plan, self._sessions = source, plan, sessions
        self._wanted = {target: set(statements) for target, statements in wanted.items()}
        self._gathering: dict[Sql, _Stream] = {}
        self._readers = threading.BoundedSemaphore(plan.resources.readers)
        self._free: list[Session] = []
        self._pace = Pace(plan.resources.max_rate)
        self._changed = threading.Condition()

    def reading(self, target: str, sessions: Sessions) -> SharedReading:
        """Give a target what it reads from; `sessions` are its own."""
        return SharedReading(self, target, sessions)

    def take(self, target: str, subscription: _Subscription, statement: Sql, doing: str, sessions: Sessions) -> None:
        """Ask for the rows of a statement; return when they begin to come, or are not wanted any more."""
        with self._changed:
            stream = self._gathering.setdefault(statement, _Stream(statement, doing))
            stream.subscriptions.append(subscription)
            self._wanted[target].discard(statement)
            self._begin_what_can()
            while not (stream.begun or subscription.abandoned):
                sessions.check()
                self._changed.wait(min(1.0, PATIENCE))
                self._begin_what_can()

    def verify(self, copies: Iterable[CopyPlan]) -> None:
        """Look whether all names still mean what they did."""
        refuse_replaced(self._source, copies)

    def leave(self, target: str) -> None:
        """Know that a target will ask for nothing more; after the last one, let the snapshot go."""
        with self._changed:
            self._wanted.pop(target, None)
            self._begin_what_can()
            if not self._wanted:
                for session in (*self._free, self._source.session):
                    self._sessions.close(session)
                self._free.clear()

    def _begin_what_can(self) -> None:
        late = time.monotonic() - PATIENCE
        for stream in tuple(self._gathering.values()):
            if stream.since < late or not any(stream.statement in each for each in self._wanted.values()):
                del self._gathering[stream.statement]
                stream.begun = True
                threading.Thread(target=self._read, args=(stream,), name="pg-xcopy reader", daemon=True).start()
        self._changed.notify_all()

    def _read(self, stream: _Stream) -> None:
        spreader = _Spreader(stream.subscriptions, self._pace)
        try:
            with self._readers:
                rows = self._run(stream, spreader)
            for each in stream.subscriptions:
                each.finish(rows)
        except BaseException as error:  # noqa: BLE001 - raised by all who wait for these rows
            for each in stream.subscriptions:
                each.fail(error)

    def _run(self, stream: _Stream, spreader: _Spreader) -> int:
        with self._changed:
            session = self._free.pop() if self._free else None
        if session:
            session = still_there(session, self._source, self._plan, self._sessions)
        else:
            session = open_reader(self._source, self._plan, self._sessions)
        try:
            rows = in_chunks(lambda sink: session.copy_to(stream.statement, sink, stream.doing), spreader)
        except BaseException:
            self._sessions.close(session)  # in the middle of a COPY that nobody reads any more
            raise
        with self._changed:
            if self._wanted:
                self._free.append(session)
            else:
                self._sessions.close(session)
        return rows


class SharedReading:
    """What one of several targets reads from; a feed for all of its workers, too."""

    def __init__(self, broadcast: Broadcast, target: str, sessions: Sessions) -> None:
        self._broadcast, self._target, self._sessions = broadcast, target, sessions
        self.shared = True

    def feed(self) -> Feed:
        """Give a worker its own."""
        return self

    def verify(self, copies: Iterable[CopyPlan]) -> None:
        """Look whether all names still mean what they did."""
        self._broadcast.verify(copies)

    def done(self) -> None:
        """Know that this target needs no more rows."""
        self._broadcast.leave(self._target)

    def producer(self, copy: CopyPlan, part: int) -> Producer:
        """Give what produces the rows of a relation, or of one part of it."""
        subscription = _Subscription(self._target, str(copy.source))

        def run(channel: Channel) -> int:
            subscription.into(channel)
            doing = f"copying {copy.source}"
            self._broadcast.take(self._target, subscription, copy.copy_to[part], doing, self._sessions)
            return subscription.rows()

        return Producer(run=run, stop=subscription.abandon, cut=subscription.abandon, ahead=BUFFER)
