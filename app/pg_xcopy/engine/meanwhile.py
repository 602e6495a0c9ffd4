"""Something that is done in a thread of its own, while ours does something else."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

Result = TypeVar("Result")


class Meanwhile(Generic[Result]):
    """Begins `work` at once; leaving the context waits until it has ended, whatever became of it."""

    def __init__(self, work: Callable[[], Result]) -> None:
        self._work = work
        self._results: list[Result] = []
        self._failures: list[BaseException] = []
        self._thread = threading.Thread(target=self._do, daemon=True)
        self._thread.start()

    def result(self) -> Result:
        """Wait for what `work` returns; raises what it raised."""
        self._thread.join()
        if self._failures:
            raise self._failures[0]
        return self._results[0]

    def _do(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._failures.append(error)

    def __enter__(self) -> Meanwhile[Result]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._thread.join()
