"""One table that exists takes its rows: they land in it or beside it, are merged, and its sequences move."""

from __future__ import annotations

from collections.abc import Callable

from pg_xcopy.engine.existing.merging import merge
from pg_xcopy.engine.rows.loading import Hands, Loading, Written
from pg_xcopy.engine.rows.pump import Pumped
from pg_xcopy.engine.run import Run
from pg_xcopy.errors import RowCountMismatchError
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.existing.plan import ExistingPlan, Landing, TableFill
from pg_xcopy.planning.plan import CopyPlan
from pg_xcopy.sql.quoting import Sql


class Filling:
    """What is done to each table, whoever opens and ends the transaction."""

    def __init__(self, plan: ExistingPlan, run: Run, passed: Callable[[int], None]) -> None:
        self.plan, self.run = plan, run
        self.tables: tuple[tuple[TableFill, CopyPlan], ...] = tuple(zip(plan.fills, plan.copies, strict=True))
        self.loading = Loading(plan, run.reporter, passed)
        self._prepared = plan.landing_schema is not None

    def land(self, fill: TableFill, copy: CopyPlan, hands: Hands) -> Pumped:
        """Bring the rows over, into the table or beside it."""
        if fill.landing and not self._prepared:
            hands.writer.run(fill.landing.create.sql, fill.landing.create.doing)
        pumped = self.loading.stream(copy, 0, hands)
        if pumped.sent != pumped.received:
            raise RowCountMismatchError(str(fill.table), pumped.sent, pumped.received, fill.droppers)
        if not fill.landing:
            self.loading.arrived(copy, pumped)
        return pumped

    def settle(self, fill: TableFill, copy: CopyPlan, pumped: Pumped, hands: Hands) -> None:
        """Take over rows that have landed beside their table."""
        if fill.landing:
            reporter = hands.reporter.during(Phase.MERGE, copy.source)
            with reporter.working(fill.landing.insert.doing):
                written = self._taken_over(fill, fill.landing, pumped, hands)
            self.loading.arrived(copy, pumped, written)

    @staticmethod
    def _taken_over(fill: TableFill, landing: Landing, pumped: Pumped, hands: Hands) -> Written | None:
        if fill.merge:
            return merge(fill, landing.insert, fill.merge, hands.writer)
        rows = hands.writer.affected(landing.insert.sql, landing.insert.doing)
        if rows != pumped.received:
            raise RowCountMismatchError(str(fill.table), pumped.received, rows, fill.droppers)
        return None

    @staticmethod
    def close(fill: TableFill, copy: CopyPlan, hands: Hands) -> None:
        """Move the table's sequences."""
        reporter = hands.reporter.during(Phase.SETTLE, copy.source)
        for step in fill.closing:
            with reporter.working(step.doing):
                hands.writer.run(step.sql, step.doing)


def check_deferred(hands: Hands, table: object = "") -> None:
    """Have deferred constraints hold now, where it may still be mended: a COMMIT that fails says less."""
    doing = "checking deferred constraints"
    with hands.reporter.during(Phase.FOREIGN_KEYS, table).working(doing):
        hands.writer.run(Sql("SET CONSTRAINTS ALL IMMEDIATE"), doing)
