"""Several workers, works that wait for others, and the first cause of a failure."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

from pg_xcopy.planning.schedule import Load, Work

Worker = TypeVar("Worker")


class Crew(Generic[Worker]):
    """Does the works of a schedule, the heaviest of those that can begin first.

    The first `readers` workers take everything, the others only what needs no connection to the source. `in_order`
    begins the loads as the schedule has them, before all else, because others wait for the same rows.
    """

    def __init__(self, works: Sequence[Work], readers: int, *, in_order: bool = False) -> None:
        self._works, self._readers = works, readers
        self._order = TopologicalSorter({place: work.after for place, work in enumerate(works)})
        self._order.prepare()
        self._ready: list[int] = []
        loads = [place for place in range(len(works)) if self._is_load(place)]
        self._loads = len(loads)
        self._queue = deque(loads) if in_order else None
        self._awaited = frozenset(each for place in loads for each in works[place].after) if in_order else frozenset()
        self._idle = 0
        self._changed = threading.Condition()
        self._failures: list[BaseException] = []

    def run(
        self,
        workers: int,
        hire: Callable[[int], AbstractContextManager[Worker]],
        work: Callable[[Worker, Work, int], None],
        *,
        loaded: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        """Have `workers` threads do everything; raise the first failure when all have ended.

        `hire` is told each one's number, from 1 on; `work` how many others have nothing to do. `loaded` is called once,
        when no load is left; `failed` at once at a failure, to break the others off.
        """

        def serve(number: int) -> None:
            try:
                with hire(number + 1) as worker:
                    while (place := self._next(may_load=number < self._readers)) is not None:
                        work(worker, self._works[place], self.idle())
                        if self._done(place):
                            loaded()
            except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
                self._fail(error)
                failed()

        if not self._loads:
            loaded()
        self._idle = workers
        threads = [threading.Thread(target=serve, args=(number,), daemon=True) for number in range(workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _next(self, *, may_load: bool) -> int | None:
        """Wait for a work to begin with; None when there is none left, or something failed."""
        with self._changed:
            while self._order.is_active() and not self._failures:
                self._ready += self._order.get_ready()
                self._ready.sort(key=self._urgency)
                taken = next((place for place in self._ready if self._may_begin(place, may_load=may_load)), None)
                if taken is not None:
                    self._ready.remove(taken)
                    self._idle -= 1
                    if self._queue and self._is_load(taken):
                        self._queue.popleft()
                    return taken
                self._changed.wait()
        return None

    def idle(self) -> int:
        """Count the workers for whom there is nothing that can begin."""
        with self._changed:
            return max(0, self._idle - len(self._ready))

    def _urgency(self, place: int) -> tuple[bool, bool, int, int]:
        """Give what sorts the most urgent first: where others wait for the rows too, these, and what they wait for."""
        later = self._queue is not None and not self._is_load(place)
        return later, place not in self._awaited, -self._works[place].weight, place

    def _may_begin(self, place: int, *, may_load: bool) -> bool:
        if not self._is_load(place):
            return True
        return may_load and (self._queue is None or self._queue[0] == place)

    def _is_load(self, place: int) -> bool:
        return isinstance(self._works[place].task, Load)

    def _done(self, place: int) -> bool:
        """Let go what waited for this work; tell whether it was the last load."""
        with self._changed:
            self._order.done(place)
            self._idle += 1
            self._changed.notify_all()
            self._loads -= self._is_load(place)
            return self._is_load(place) and self._loads == 0

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._failures.append(error)
            self._changed.notify_all()
