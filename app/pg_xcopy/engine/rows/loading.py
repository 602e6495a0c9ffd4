"""Rows on their way: one COPY on either side for every table, or part of one, all from one snapshot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from msgspec import Struct, field
from msgspec.structs import asdict

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.rows.pacing import Pace
from pg_xcopy.engine.rows.pump import Consumer, Producer, Pumped, Tally, Watch, pump
from pg_xcopy.engine.sources.between import Fetching
from pg_xcopy.engine.sources.reading import Feed
from pg_xcopy.errors import CopyFailedError, RowCountMismatchError, XcopyError
from pg_xcopy.observe.events import TableCopied, TableProgress, TableStarted
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.planning.schedule import Load
from pg_xcopy.results import TableResult, UpsertedTable
from pg_xcopy.sql.quoting import Sql


class Hands(Struct, frozen=True):
    """What a worker has: where its rows come from, the session that writes, and who speaks for it."""

    feed: Feed | Fetching
    writer: Session
    reporter: Reporter


class Written(Struct, frozen=True):
    """What an upsert made of the rows of a table: so many were not there, so many others changed; None: not known."""

    inserted: int | None
    updated: int | None


class _Meter(Struct):
    """What has come of one table, of all its parts; shared by the workers that copy them."""

    parts: int
    started: float = 0.0
    ended: float = 0.0
    under_way: dict[int, Tally] = field(default_factory=dict)
    done: list[Pumped] = field(default_factory=list)


class Loading:
    """Copies tables and parts of tables, in whatever order; knows of each table when all of it is in.

    `passed` is told of each chunk that passes through us, in bytes.
    """

    def __init__(self, plan: Plan, reporter: Reporter, passed: Callable[[int], None]) -> None:
        self._plan, self._reporter, self._passed = plan, reporter, passed
        self._pace = Pace(plan.resources.max_rate)
        self._meters = {copy: _Meter(len(copy.copy_to)) for copy in plan.copies}
        self._results: dict[CopyPlan, TableResult] = {}
        self._lock = threading.Lock()

    @property
    def results(self) -> tuple[TableResult, ...]:
        """What has been copied, in the order of the plan."""
        return tuple(self._results[copy] for copy in self._plan.copies)

    def result(self, copy: CopyPlan) -> TableResult:
        """Say what has been copied of one relation, all of which is in."""
        return self._results[copy]

    def load(self, load: Load, hands: Hands) -> None:
        """Copy what belongs together in one transaction; raises the first cause of a failure on either side."""
        hands.writer.begin_writer(self._plan.target_path, settings=self._plan.resources.settings)
        with self.ready(hands):
            moved = [(copy, self.stream(copy, part, hands)) for copy, part in load.parts]
        for copy, pumped in moved:
            if pumped.sent != pumped.received:
                raise RowCountMismatchError(str(copy.source), pumped.sent, pumped.received)
        hands.writer.commit()
        for copy, pumped in moved:
            self.arrived(copy, pumped)

    def ready(self, hands: Hands) -> AbstractContextManager[None]:
        """Have all that is between the source and the writer's open transaction ready."""
        if self._plan.transport and isinstance(hands.feed, Fetching):
            return hands.feed.connected(self._plan.transport, hands.writer)
        return nullcontext()

    def stream(self, copy: CopyPlan, part: int, hands: Hands) -> Pumped:
        """Copy one table, or a part of it, in the transactions that both sides have open."""
        self._begun(copy)
        with hands.reporter.during(Phase.COPY, copy.source).working(_doing(copy, part)) as moved:
            pumped = self._moved(copy, part, hands)
            moved.rows, moved.bytes = pumped.received, pumped.bytes
        self._meters[copy].ended = time.monotonic()  # others may follow before its transaction is committed
        return pumped

    def _moved(self, copy: CopyPlan, part: int, hands: Hands) -> Pumped:
        if isinstance(hands.feed, Fetching):
            return hands.feed.fetch(copy, part, hands.writer)
        progress = partial(self._progress, copy, part)
        watch = Watch(progress, self._pace, self._passed, lines=copy.format == "text")
        return _pumped(copy, hands.feed.producer(copy, part), hands.writer, watch)

    def _begun(self, copy: CopyPlan) -> None:
        meter = self._meters[copy]
        with self._lock:
            first = not meter.started
            meter.started = meter.started or time.monotonic()
        if first:
            self._reporter.tell(TableStarted(self._plan.job, str(copy.source), self._reporter.to))

    def _progress(self, copy: CopyPlan, part: int, tally: Tally) -> None:
        meter = self._meters[copy]
        with self._lock:
            meter.under_way[part] = Tally(tally.rows, tally.bytes)
            size = sum(each.bytes for each in meter.under_way.values())
            counted = sum(each.rows or 0 for each in meter.under_way.values())
        rows = counted if tally.rows is not None else _estimated(copy, size)
        self._reporter.tell(TableProgress(self._plan.job, str(copy.source), rows, size, self._reporter.to))

    def arrived(self, copy: CopyPlan, pumped: Pumped, written: Written | None = None) -> None:
        """Take note that a table, or a part of it, is in; `written` says what an upsert made of its rows."""
        meter = self._meters[copy]
        with self._lock:
            meter.done.append(pumped)
            if len(meter.done) < meter.parts:
                return
        rows, size = (sum(each.received for each in meter.done), sum(each.bytes for each in meter.done))
        seconds = meter.ended - meter.started
        result = TableResult(str(copy.source), rows, size, seconds, self._reporter.to)
        if written:
            result = UpsertedTable(**asdict(result), inserted=written.inserted, updated=written.updated)
        self._results[copy] = result
        self._reporter.tell(TableCopied(self._plan.job, result, self._reporter.to))


def _doing(copy: CopyPlan, part: int) -> str:
    parts = len(copy.copy_to)
    return f"copying {copy.source}{f', part {part + 1} of {parts}' if parts > 1 else ''}"


def _estimated(copy: CopyPlan, size: int) -> int:
    return int(copy.estimated_rows * min(1.0, size / max(copy.estimated_bytes, 1)))


def _pumped(copy: CopyPlan, producer: Producer, writer: Session, watch: Watch) -> Pumped:
    statement = Sql(f"{copy.truncate};\n{copy.copy_from}") if copy.truncate else copy.copy_from
    consumer = Consumer(
        run=lambda data: writer.copy_from(statement, data, f"copying {copy.source}"),
        descriptor=writer.fileno(),
    )
    try:
        return pump(producer, consumer, watch)
    except XcopyError:
        raise
    except Exception as error:
        raise CopyFailedError(str(copy.source), f"{type(error).__name__}: {error}") from error
