"""Several workers, one list of tasks, and the first cause of a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from queue import Empty, SimpleQueue
from typing import TypeVar

Worker = TypeVar("Worker")
Task = TypeVar("Task")
Result = TypeVar("Result")


def in_parallel(
    tasks: Iterable[Task],
    hire: Callable[[], AbstractContextManager[Worker]],
    work: Callable[[Worker, Task], Result],
    workers: int,
    on_failure: Callable[[], None],
) -> list[Result]:
    """Have up to `workers` threads take tasks in their order; return the results as they came.

    The first failure is raised when all have ended; `on_failure` is called at once, to break the others off.
    """
    queue: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        queue.put(task)
    results: list[Result] = []
    failures: list[BaseException] = []
    lock = threading.Lock()

    def run() -> None:
        try:
            with hire() as worker:
                while not failures:
                    results.append(work(worker, queue.get_nowait()))
        except Empty:
            return
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            with lock:
                failures.append(error)
            on_failure()

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(workers, queue.qsize()))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return results
