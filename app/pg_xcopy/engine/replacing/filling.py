"""From the empty structure to the complete schema: rows, keys, indexes, foreign keys, each as soon as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pg_xcopy.connect.pool import Pool
from pg_xcopy.engine.crew import Crew
from pg_xcopy.engine.replacing.kept_keys import check_kept_keys
from pg_xcopy.engine.rows.loading import Hands, Loading
from pg_xcopy.engine.rows.waking import waking
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.foreign import FetchingForeign
from pg_xcopy.engine.sources.reading import Reading
from pg_xcopy.engine.steps import alone, batches, together
from pg_xcopy.observe.events import Stage
from pg_xcopy.observe.spans import Phase
from pg_xcopy.planning.plan import ReplacePlan, Step
from pg_xcopy.planning.schedule import Load, Make, Validate, Work, make_schedule
from pg_xcopy.results import TableResult
from pg_xcopy.sql.names import TableName


def fill(plan: ReplacePlan, reading: Reading, writers: Pool, run: Run) -> tuple[TableResult, ...]:
    """Do everything between building and swapping; return what was copied.

    Raises StrictError where a strict job lost something.
    """
    crew: Crew[Hands] = Crew(make_schedule(plan), plan.resources.readers, in_order=reading.shared)
    with waking(plan.resources, writers) as passed:
        filling = _Filling(plan, reading, writers, run, passed)
        crew.run(plan.resources.workers, filling.hire, filling.work, loaded=filling.loaded, failed=run.sessions.cancel)
    filling.settle()
    with writers.session() as session:
        check_kept_keys(plan, session, run.reporter)
    run.reporter.enforce(plan)
    return filling.loading.results


class _Filling:
    """What the workers share."""

    def __init__(
        self, plan: ReplacePlan, reading: Reading, writers: Pool, run: Run, passed: Callable[[int], None]
    ) -> None:
        self._plan, self._reading, self._writers, self._reporter = plan, reading, writers, run.reporter
        self._refused: set[Step] = set()
        self._named = {copy.target: str(copy.source) for copy in plan.copies}
        self.loading = Loading(plan, run.reporter, passed)

    @contextmanager
    def hire(self, number: int) -> Iterator[Hands]:
        with self._writers.session() as writer:
            yield Hands(self._reading.feed(), writer, self._reporter.of(number))

    def work(self, hands: Hands, one: Work, idle: int) -> None:
        task = one.task
        if isinstance(task, Load):
            self.loading.load(task, hands)
        elif isinstance(task, Make):
            self._make(task, hands, idle)
        else:
            self._validate(task, hands)

    def loaded(self) -> None:
        self._reading.verify(self._plan.copies)
        self._reading.done()
        self._reporter.stage(Stage.FINISH)

    def settle(self) -> None:
        """Set sequences, owners and grants, when nothing else is done to their tables."""
        with self._writers.session() as session:
            late = self._reading.late_steps(self._plan) if isinstance(self._reading, FetchingForeign) else ()
            for batch in batches((*self._plan.settle, *late)):
                together(batch, self._plan, session, self._reporter.during(Phase.SETTLE))

    def _make(self, task: Make, hands: Hands, idle: int) -> None:
        reporter = hands.reporter.during(task.phase, self._name(task.table) if task.table else "")
        if task.together:
            for batch in batches(task.steps):
                self._refused.update(together(batch, self._plan, hands.writer, reporter))
        else:
            settings = self._plan.resources.building(idle)
            for step in task.steps:
                if not alone(step, self._plan, hands.writer, reporter, settings):
                    self._refused.add(step)

    def _validate(self, task: Validate, hands: Hands) -> None:
        reporter = hands.reporter.during(Phase.FOREIGN_KEYS, self._name(task.table))
        for key in task.keys:
            if key.validate and key.add not in self._refused:
                alone(key.validate, self._plan, hands.writer, reporter)

    def _name(self, table: TableName) -> str:
        """Name a table of the target as the events of its rows do."""
        return self._named.get(table, str(table))
