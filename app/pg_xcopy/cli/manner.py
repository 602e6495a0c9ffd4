"""How to run jobs, as the options say."""

from __future__ import annotations

from msgspec import Struct

from pg_xcopy.observe.lines import Loudness


class Manner(Struct, frozen=True):
    """What to print, who else is told, and what counts as success."""

    as_json: bool
    verbose: bool
    quiet: bool
    fail_on_warnings: bool
    audit_log: str | None = None
    log_format: str = "text"
    summary: str | None = None
    metrics_textfile: str | None = None
    pushgateway: str | None = None
    report: str | None = None

    @property
    def loudness(self) -> Loudness:
        """How much to tell while it runs."""
        return Loudness.QUIET if self.quiet else Loudness.VERBOSE if self.verbose else Loudness.NORMAL

    @property
    def for_machines(self) -> bool:
        """Tell whether stderr is read by a machine: then it gets nothing but lines of JSON."""
        return self.log_format == "json"
