"""Existing tables are filled each in a transaction of its own, several at a time; what is done stays done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pg_xcopy.connect.pool import Pool
from pg_xcopy.engine.before.target import Target
from pg_xcopy.engine.crew import Crew
from pg_xcopy.engine.existing.committing import commit
from pg_xcopy.engine.existing.emptying import begin
from pg_xcopy.engine.existing.landing import Filling, check_deferred
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.rows.loading import Hands
from pg_xcopy.engine.sources.reading import Reading
from pg_xcopy.errors import PartlyDoneError, XcopyError
from pg_xcopy.observe.events import TableKept
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.existing.plan import TableFill
from pg_xcopy.planning.existing.schedule import make_fill_schedule
from pg_xcopy.planning.plan import CopyPlan
from pg_xcopy.planning.schedule import Work
from pg_xcopy.results import TableResult


def fill_separately(filling: Filling, target: Target, reading: Reading, writers: Pool) -> None:
    """Fill the tables, those that others refer to first; raises PartlyDoneError if some are filled and some are not."""
    separate, plan, run = _Separate(filling, target, reading), filling.plan, filling.run

    @contextmanager
    def hire(number: int) -> Iterator[Hands]:
        with writers.session() as writer:
            yield Hands(reading.feed(), writer, run.reporter.of(number))

    crew: Crew[Hands] = Crew(separate.works, plan.resources.readers, in_order=reading.shared)
    try:
        with kept_alive((target.session,), run.sessions):
            crew.run(plan.resources.workers, hire, separate.work, loaded=reading.done, failed=run.sessions.cancel)
    except XcopyError as error:
        if done := separate.done:
            raise PartlyDoneError(plan.job, error, done, len(plan.fills)) from error
        raise


class _Separate:
    """What the workers share."""

    def __init__(self, filling: Filling, target: Target, reading: Reading) -> None:
        self._filling, self._target, self._reading = filling, target, reading
        self._plan, self._reporter = filling.plan, filling.run.reporter
        self._kept: list[CopyPlan] = []
        self.works = make_fill_schedule(self._plan)
        self._tables = dict(zip(self.works, self._filling.tables, strict=True))

    @property
    def done(self) -> tuple[TableResult, ...]:
        """What was committed, in the order of the plan."""
        return tuple(self._filling.loading.result(copy) for copy in self._plan.copies if copy in self._kept)

    def work(self, hands: Hands, one: Work, _idle: int) -> None:
        """Fill one table, in a transaction of its own."""
        fill, copy = self._tables[one]
        hands.writer.begin_writer(self._plan.target_path, settings=self._plan.resources.settings)
        self._fill(fill, copy, hands)
        with hands.reporter.during(Phase.COMMIT, copy.source).working("committing"):
            commit(hands.writer, self._target.address)
        self._kept.append(copy)
        self._reporter.tell(TableKept(self._plan.job, str(copy.source), self._reporter.to))

    def _fill(self, fill: TableFill, copy: CopyPlan, hands: Hands) -> None:
        emptying = hands.reporter.during(Phase.EMPTY, copy.source)
        if not fill.landing:
            begin(fill.opening, hands.writer, emptying)
        with self._filling.loading.ready(hands):
            pumped = self._filling.land(fill, copy, hands)
        self._reading.verify([copy])
        if fill.landing:
            begin(fill.opening, hands.writer, emptying)
        self._filling.settle(fill, copy, pumped, hands)
        check_deferred(hands, copy.source)
        self._filling.close(fill, copy, hands)
