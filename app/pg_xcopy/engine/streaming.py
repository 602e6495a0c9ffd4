"""All tables, largest first, several at a time, all from one snapshot."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.pump import Consumer, Producer, Pumped, Tally, pump
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.engine.source import Source, open_reader
from pg_xcopy.engine.target import Target, open_writer
from pg_xcopy.engine.workers import in_parallel
from pg_xcopy.errors import CopyFailedError, RowCountMismatchError, XcopyError
from pg_xcopy.observe.events import TableCopied, TableProgress, TableStarted
from pg_xcopy.planning.plan import CopyPlan, Plan
from pg_xcopy.results import TableResult


@dataclass(frozen=True)
class Pair:
    """A worker's two sessions: one sees the snapshot, one writes."""

    reader: Session
    writer: Session


def stream(
    plan: Plan, source: Source, target: Target, sessions: Sessions, reporter: Reporter
) -> tuple[TableResult, ...]:
    """Copy the rows of every table; return the results in the order of the plan."""

    @contextmanager
    def hire() -> Iterator[Pair]:
        with (
            open_reader(source, plan, sessions) as reader,
            open_writer(target.address, sessions) as writer,
        ):
            yield Pair(reader, writer)

    def work(pair: Pair, copy: CopyPlan) -> tuple[CopyPlan, TableResult]:
        return copy, copy_table(copy, pair, plan, reporter)

    largest_first = sorted(plan.copies, key=lambda copy: copy.estimated_bytes, reverse=True)
    done = dict(in_parallel(largest_first, hire, work, plan.parallel, sessions.cancel))
    return tuple(done[copy] for copy in plan.copies)


def copy_table(copy: CopyPlan, pair: Pair, plan: Plan, reporter: Reporter) -> TableResult:
    """Copy one table in a transaction of its own; raises the first cause of a failure on either side."""
    table = str(copy.source)
    started = time.monotonic()
    reporter.tell(TableStarted(plan.job, table))

    def report(tally: Tally) -> None:
        reporter.tell(TableProgress(plan.job, table, tally.rows, tally.bytes))

    pair.writer.begin_writer(plan.target_path)
    pumped = _pump(copy, pair, report)
    if pumped.sent != pumped.received:
        raise RowCountMismatchError(table, pumped.sent, pumped.received)
    pair.writer.commit()
    result = TableResult(table, pumped.received, pumped.bytes, time.monotonic() - started)
    reporter.tell(TableCopied(plan.job, result))
    return result


def _pump(copy: CopyPlan, pair: Pair, report: Callable[[Tally], None]) -> Pumped:
    doing = f"copying {copy.source}"
    producer = Producer(
        run=lambda sink: pair.reader.copy_to(copy.copy_to, sink, doing),
        stop=pair.reader.cancel,
        cut=pair.reader.sever,
    )
    consumer = Consumer(
        run=lambda lines: pair.writer.copy_from(copy.copy_from, lines, doing),
        descriptor=pair.writer.fileno(),
    )
    try:
        return pump(producer, consumer, report)
    except XcopyError:
        raise
    except Exception as error:
        raise CopyFailedError(str(copy.source), f"{type(error).__name__}: {error}") from error
