"""A file for each run that says in a line what became of each table."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timezone
from errno import ENOENT
from pathlib import Path
from types import TracebackType

from pg_xcopy.errors import AuditLogError
from pg_xcopy.observe.events import Event
from pg_xcopy.observe.log import LOGGER
from pg_xcopy.observe.verdicts import Outcome, Verdict, Verdicts
from pg_xcopy.observe.wording import bytes_text, one_line, rows_text, seconds_text

_BEGINNINGS = {
    Outcome.DONE: "✅ Done:",
    Outcome.WARNED: "⚠️ Done with warnings:",
    Outcome.FAILED: "❌ Error copying",
}
_OWNER_ONLY = 0o600


class AuditLog:
    """Writes a line for each table when its job has ended; an observer, and a context in which it is open.

    Raises AuditLogError if there can be no file in `directory`, which is made if it is not there. Once a run has begun,
    nothing here fails it: a line that can't be written is said to `warn`, once.
    """

    def __init__(self, directory: str | Path, *, warn: Callable[[str], object] = LOGGER.warning) -> None:
        self.path, self._file = _new_file(directory)
        self.complete = True
        """Whether every line so far could be written."""
        self._warn, self._torn = warn, False
        self._verdicts = Verdicts(self._write)

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        self._verdicts(event)

    def close(self) -> None:
        """Say of every job that came to no end that it did not, and close the file."""
        try:
            self._verdicts.close()
        finally:
            os.close(self._file)

    def __enter__(self) -> AuditLog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _write(self, verdict: Verdict) -> None:
        """Write a line as soon as there is one, past all buffers of this process."""
        rest = ("\n" * self._torn + audit_line(verdict) + "\n").encode()
        try:
            while rest:
                written = os.write(self._file, rest)
                self._torn, rest = True, rest[written:]
            self._torn = False
        except OSError as error:
            said, self.complete = not self.complete, False
            if not said:
                self._warn(f"the audit log {self.path} is not complete: {error.strerror}")


def audit_line(verdict: Verdict) -> str:
    """Say a verdict and its time in one line."""
    return f"{verdict.at:%Y-%m-%dT%H:%M:%SZ} {audit_text(verdict)}"


def audit_text(verdict: Verdict) -> str:
    """Say a verdict in one line, whatever the names in it are."""
    beginning = _BEGINNINGS[verdict.outcome] if verdict.table else _of_the_job(verdict)
    named = f"{beginning} {verdict.table}".rstrip()
    where = f"→ {verdict.target} (job {verdict.job}, run {verdict.run_id})"
    return ": ".join(filter(None, map(one_line, (f"{named} {where}", _figures(verdict), verdict.cause))))


def _of_the_job(verdict: Verdict) -> str:
    return "❌ Error: nothing copied" if verdict.outcome is Outcome.FAILED else "⚠️ Warning:"


def _figures(verdict: Verdict) -> str:
    if not verdict.table:
        return ""
    result = verdict.result
    moved = f"{rows_text(result)}, {bytes_text(result.bytes)} in {seconds_text(result.seconds)}"
    return f"{moved}, undone" if verdict.outcome is Outcome.FAILED else moved


def _new_file(directory: str | Path) -> tuple[Path, int]:
    try:
        if not str(directory):
            raise FileNotFoundError(ENOENT, "no directory is named")
        if not Path(directory).exists():
            Path(directory).mkdir(parents=True, exist_ok=True)
        return _created(Path(directory) / f"audit_{datetime.now(timezone.utc):%Y%m%d_%H%M%S}.log")
    except (OSError, ValueError) as error:
        raise AuditLogError(str(directory), getattr(error, "strerror", None) or str(error)) from error


def _created(path: Path) -> tuple[Path, int]:
    """Make a file that was not there before: two runs may begin in the same second."""
    number, free = 1, path
    while True:
        try:
            return free, os.open(free, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            number += 1
            free = path.with_stem(f"{path.stem}_{number}")
