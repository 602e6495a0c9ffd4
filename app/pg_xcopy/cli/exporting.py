"""Who is told at the end of a run what it did, as the options say: files, a gateway."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pg_xcopy.cli.manner import Manner
from pg_xcopy.errors import MissingExtraError, UsageError
from pg_xcopy.observe.files import write_atomically
from pg_xcopy.observe.summary import RunSummary


@dataclass(frozen=True)
class Export:
    """One of them: `tell` raises OSError, or returns what is to be known of it."""

    topic: str
    where: str
    tell: Callable[[RunSummary], str]

    def problem(self, run: RunSummary) -> str:
        """Tell it; return what went wrong, in a sentence, and nothing if all is well. It breaks no run."""
        try:
            return self.tell(run)
        except OSError as error:
            reason = error.strerror or str(error) or type(error).__name__
        except Exception as error:  # noqa: BLE001 - whatever it is, the jobs are done; its text may quote a secret
            reason = f"unexpected {type(error).__name__}"
        verb = "pushed to" if self.topic == "pushgateway" else "written to"
        return f"the {'summary' if self.topic == 'summary' else 'metrics'} can't be {verb} {self.where}: {reason}"


def exports_of(manner: Manner) -> tuple[Export, ...]:
    """Make ready to tell them; raises MissingExtraError and UsageError, so that nothing is run in vain."""
    return tuple(_exports(manner))


def _exports(manner: Manner) -> Iterator[Export]:
    """Give the summary last: it says what the others could not do."""
    if manner.metrics_textfile or manner.pushgateway:
        try:
            from pg_xcopy.observe.prometheus import Gateway, write_textfile
        except ImportError as error:
            raise MissingExtraError("metrics for Prometheus are asked for", "metrics") from error
        if path := manner.metrics_textfile:
            yield Export("metrics", path, lambda run: write_textfile(path, run))
        if manner.pushgateway:
            try:
                gateway = Gateway.at(manner.pushgateway)
            except ValueError as error:
                raise UsageError(
                    "--pushgateway is no URL of a Pushgateway.", "Write it like http://host:9091, without a query."
                ) from error
            yield Export("pushgateway", gateway.address, gateway.push)
    if summary := manner.summary:
        yield Export("summary", summary, lambda run: _write_summary(summary, run))


def _write_summary(path: str, run: RunSummary) -> str:
    write_atomically(path, json.dumps(run.as_data(), indent=2, ensure_ascii=False) + "\n")
    return ""
