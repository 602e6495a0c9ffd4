"""The events of one run, to be shown by every observer."""

from __future__ import annotations

from datetime import datetime, timezone

from pg_xcopy.observe import events
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.results import JobResult, TableResult, WarningResult

WARNING = WarningResult("constraint left out", "app.[red]x.k", "it can't hold")
USERS = TableResult("app.users", 1500, 4096, 0.5)
HOSTILE = TableResult("app.[red]x[/]", 1, 10, 0.0)
RESULT = JobResult("copy [all]", "r1", (USERS, HOSTILE), (WARNING,), 2.0)
JOB = RESULT.job
BEGAN = datetime(2025, 3, 1, 2, 0, 41, tzinfo=timezone.utc)

RUN = (
    events.JobStarted(JOB, "r1", "here schema app", "there schema app", began=BEGAN),
    events.StageStarted(JOB, events.Stage.CONNECT),
    events.Planned(JOB, (events.TableEstimate("app.users", 3000, 9000), events.TableEstimate("app.[red]x[/]", 0, 0))),
    events.StageStarted(JOB, events.Stage.COPY),
    events.TableStarted(JOB, "app.users"),
    events.TableProgress(JOB, "app.users", 1000, 2000),
    events.TableStarted(JOB, "app.[red]x[/]"),
    events.TableCopied(JOB, USERS),
    events.TableCopied(JOB, HOSTILE),
    events.Worked(JOB, Span(Phase.COPY, "app.users", "copying app.users", 1, 0.5, 0.5, 1500, 4096)),
    events.Worked(JOB, Span(Phase.KEYS, "app.users", "adding primary key app.users.k", 2, 1.0, 0.25)),
    events.Warned(JOB, WARNING),
    events.JobFinished(JOB, RESULT),
)
FAILED = (*RUN[:6], events.JobFailed(JOB, "it broke.", code="database_error", sqlstate="57P01", seconds=0.5))
