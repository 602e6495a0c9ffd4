"""Where the rows that fill a target come from: its own readers, all on the source's snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.rows.channel import in_chunks
from pg_xcopy.engine.rows.pump import Producer
from pg_xcopy.engine.sources.between import Fetching
from pg_xcopy.engine.sources.foreign import FetchingForeign, Pushing
from pg_xcopy.engine.sources.source import Source, open_reader, refuse_replaced, still_there
from pg_xcopy.planning.plan import CopyPlan, Plan


class Feed(Protocol):
    """What one worker reads from."""

    def producer(self, copy: CopyPlan, part: int) -> Producer:
        """Give what produces the rows of a relation, or of one part of it."""


class Reading(Protocol):
    """What one target reads from."""

    @property
    def shared(self) -> bool:
        """Tell whether all have to ask in one order."""

    def feed(self) -> Feed | Fetching:
        """Give a worker its own."""

    def verify(self, copies: Iterable[CopyPlan]) -> None:
        """Raise SourceReplacedError if the rows of these may be those of other tables; before `done`."""

    def done(self) -> None:
        """Know that this target needs no more rows."""


def alone(
    source: Source, plan: Plan, sessions: Sessions, let_go: Callable[[], None], pusher: Address | None
) -> Reading:
    """Give what a target reads from that shares with no other; `let_go` is called when the snapshot is not needed.

    `pusher` is how the source is reached where its server is to push.
    """
    if pusher:
        return Pushing(source, plan, sessions, let_go, pusher)
    if plan.transport and plan.transport.at_once:
        return FetchingForeign(source, plan, sessions, let_go)
    return (Fetching if plan.transport else OwnReading)(source, plan, sessions, let_go)


class OwnReading:
    """Reads for one target alone: each of its workers has a session that sees the snapshot."""

    def __init__(self, source: Source, plan: Plan, sessions: Sessions, let_go: Callable[[], None]) -> None:
        """`let_go` is called when the snapshot is not needed any more."""
        self._source, self._plan, self._sessions, self._let_go = source, plan, sessions, let_go
        self._readers: set[Session] = set()
        self.shared = False

    def feed(self) -> Feed:
        """Give a worker its own; the session is opened when it copies something."""
        return _OwnFeed(self._open_or_keep)

    def verify(self, copies: Iterable[CopyPlan]) -> None:
        """Look whether all names still mean what they did."""
        refuse_replaced(self._source, copies)

    def done(self) -> None:
        """Let the snapshot go: what follows may take hours, and it would hold the source's vacuum back."""
        for session in self._readers:
            self._sessions.close(session)
        self._let_go()

    def _open_or_keep(self, reader: Session | None) -> Session:
        if reader:
            kept = still_there(reader, self._source, self._plan, self._sessions)
        else:
            kept = open_reader(self._source, self._plan, self._sessions)
        self._readers.add(kept)
        return kept


class _OwnFeed:
    def __init__(self, open_or_keep: Callable[[Session | None], Session]) -> None:
        self._open_or_keep = open_or_keep
        self._session: Session | None = None

    def producer(self, copy: CopyPlan, part: int) -> Producer:
        session = self._session = self._open_or_keep(self._session)
        return Producer(
            run=lambda channel: in_chunks(
                lambda sink: session.copy_to(copy.copy_to[part], sink, f"copying {copy.source}"), channel
            ),
            stop=session.cancel,
            cut=session.sever,
        )
