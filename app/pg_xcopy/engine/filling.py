"""From the empty structure to the complete schema: rows, keys, indexes, foreign keys, each as soon as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from pg_xcopy.connect.pool import Pool
from pg_xcopy.connect.session import Session
from pg_xcopy.engine.crew import Crew
from pg_xcopy.engine.loading import Loading, Pair
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.source import Source, open_reader
from pg_xcopy.engine.steps import alone, batches, together
from pg_xcopy.observe.events import Stage
from pg_xcopy.planning.plan import ReplacePlan, Step
from pg_xcopy.planning.schedule import Load, Make, Validate, Work, make_schedule
from pg_xcopy.results import TableResult


@dataclass
class _Hands:
    """A worker's sessions; the reader is only opened by one that copies."""

    writer: Session
    open_reader: Callable[[], Session]

    @cached_property
    def reader(self) -> Session:
        return self.open_reader()


def fill(plan: ReplacePlan, source: Source, writers: Pool, run: Run) -> tuple[TableResult, ...]:
    """Do everything between building and swapping; return what was copied.

    Raises StrictError where a strict job lost something.
    """
    filling = _Filling(plan, source, writers, run)
    crew: Crew[_Hands] = Crew(make_schedule(plan), plan.resources.readers)
    crew.run(plan.resources.workers, filling.hire, filling.work, loaded=filling.loaded, failed=run.sessions.cancel)
    filling.settle()
    run.reporter.enforce(plan)
    return filling.loading.results


class _Filling:
    """What the workers share."""

    def __init__(self, plan: ReplacePlan, source: Source, writers: Pool, run: Run) -> None:
        self._plan, self._source, self._reporter = plan, source, run.reporter
        self._writers, self._sessions = writers, run.sessions
        self._readers: list[Session] = []
        self._refused: set[Step] = set()
        self.loading = Loading(plan, run.reporter)

    @contextmanager
    def hire(self) -> Iterator[_Hands]:
        with self._writers.session() as writer:
            yield _Hands(writer, self._open_reader)

    def _open_reader(self) -> Session:
        reader = open_reader(self._source, self._plan, self._sessions)
        self._readers.append(reader)
        return reader

    def work(self, hands: _Hands, one: Work) -> None:
        task = one.task
        if isinstance(task, Load):
            self.loading.load(task, Pair(hands.reader, hands.writer))
        elif isinstance(task, Make):
            self._make(task, hands.writer)
        else:
            self._validate(task, hands.writer)

    def loaded(self) -> None:
        """Let the snapshot go: what follows may take hours, and it would hold the source's vacuum back."""
        for session in (*self._readers, self._source.session):
            self._sessions.close(session)
        self._reporter.stage(Stage.FINISH)

    def settle(self) -> None:
        """Set sequences, owners and grants, when nothing else is done to their tables."""
        with self._writers.session() as session:
            for batch in batches(self._plan.settle):
                together(batch, self._plan, session, self._reporter)

    def _make(self, task: Make, session: Session) -> None:
        if task.together:
            for batch in batches(task.steps):
                self._refused.update(together(batch, self._plan, session, self._reporter))
        else:
            self._refused.update(step for step in task.steps if not alone(step, self._plan, session, self._reporter))

    def _validate(self, task: Validate, session: Session) -> None:
        for key in task.keys:
            if key.validate and key.add not in self._refused:
                alone(key.validate, self._plan, session, self._reporter)
