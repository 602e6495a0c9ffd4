"""What a run did, as metrics for Prometheus. Needs the extra `metrics`.

There are two kinds: those of a job's last run, and those of the last one that was done, which a failure leaves alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from pg_xcopy.observe.summary import DONE, NOT_RUN, JobSummary, RunSummary
from pg_xcopy.results import WarningResult

JOB, TABLE = ("job_name",), ("job_name", "target", "table")
WARNING = ("job_name", "target", "topic", "subject", "reason")
MOST_WARNINGS, LONGEST = 100, 300
"""Of each job, so many warnings have a series of their own, with so many characters of their reason."""

LAST_RUN = {
    "pg_xcopy_job_success": (JOB, "1 if the last run of this job was done, 0 if it failed or was stopped."),
    "pg_xcopy_job_run_timestamp_seconds": (JOB, "When the last run of this job ended, in Unix time."),
    "pg_xcopy_job_duration_seconds": (JOB, "How long the last run of this job took."),
    "pg_xcopy_job_warnings": ((*JOB, "topic"), "Warnings of the last run of this job, by topic."),
    "pg_xcopy_warning_info": (WARNING, "1 for each warning of the last run of this job."),
}
LAST_SUCCESS = {
    "pg_xcopy_job_success_timestamp_seconds": (JOB, "When the last run ended that was done, in Unix time."),
    "pg_xcopy_job_rows": (JOB, "Rows copied by the last run that was done."),
    "pg_xcopy_job_bytes": (JOB, "Bytes of COPY data of the last run that was done."),
    "pg_xcopy_table_rows": (TABLE, "Rows of this table copied by the last run that was done."),
    "pg_xcopy_table_bytes": (TABLE, "Bytes of this table copied by the last run that was done."),
    "pg_xcopy_table_duration_seconds": (TABLE, "How long the rows of this table took in the last run that was done."),
}
OF_THE_COMMAND = {
    "pg_xcopy_run_exit_code": ((), "Exit code of the last run of the command."),
    "pg_xcopy_run_timestamp_seconds": ((), "When the last run of the command ended, in Unix time."),
}
FAMILIES = {**LAST_RUN, **LAST_SUCCESS, **OF_THE_COMMAND}


class Sample(Struct, frozen=True):
    """One value of one metric; `labels` are in the order of its family."""

    name: str
    labels: tuple[str, ...]
    value: float


def of_last_run(job: JobSummary, ended: float) -> Iterator[Sample]:
    """Give what is said of a job's last run, whatever came of it."""
    name = job.job
    yield Sample("pg_xcopy_job_success", (name,), float(job.status == DONE))
    yield Sample("pg_xcopy_job_run_timestamp_seconds", (name,), ended)
    yield Sample("pg_xcopy_job_duration_seconds", (name,), job.seconds)
    for topic, number in Counter(each.topic for each in job.warnings).items():
        yield Sample("pg_xcopy_job_warnings", (name, topic), number)
    for each in job.warnings[:MOST_WARNINGS]:
        yield Sample("pg_xcopy_warning_info", (name, *_said(each)), 1)


def _said(warning: WarningResult) -> tuple[str, ...]:
    reason = warning.message if len(warning.message) <= LONGEST else f"{warning.message[: LONGEST - 1]}…"
    return (warning.target, warning.topic, warning.subject, reason)


def of_last_success(job: JobSummary, ended: float) -> Iterator[Sample]:
    """Give what is said of a job that was done; nothing of one that was not."""
    if job.status != DONE:
        return
    name = job.job
    yield Sample("pg_xcopy_job_success_timestamp_seconds", (name,), ended)
    yield Sample("pg_xcopy_job_rows", (name,), job.rows)
    yield Sample("pg_xcopy_job_bytes", (name,), job.bytes)
    for each in job.tables:
        labels = (name, each.target, each.table)
        yield Sample("pg_xcopy_table_rows", labels, each.rows)
        yield Sample("pg_xcopy_table_bytes", labels, each.bytes)
        yield Sample("pg_xcopy_table_duration_seconds", labels, each.seconds)


def of_run(run: RunSummary, before: Iterable[Sample]) -> Iterator[Sample]:
    """Give all of them: those of this run, and of `before` what it does not replace."""
    ran = {each.job: each for each in run.jobs if each.status != NOT_RUN}
    for sample in before:
        replaced = ran.get(sample.labels[0]) if sample.labels else None
        kept = sample.name in LAST_SUCCESS and (replaced is None or replaced.status != DONE)
        if kept or (sample.name in LAST_RUN and replaced is None):
            yield sample
    for job in ran.values():
        yield from of_last_run(job, ended(job, run))
        yield from of_last_success(job, ended(job, run))
    yield Sample("pg_xcopy_run_exit_code", (), run.exit_code)
    yield Sample("pg_xcopy_run_timestamp_seconds", (), run.started.timestamp() + run.seconds)


def ended(job: JobSummary, run: RunSummary) -> float:
    """Tell when a job ended, in Unix time."""
    return (job.started or run.started).timestamp() + job.seconds


def as_text(samples: Iterable[Sample]) -> str:
    """Write them in Prometheus' text format."""
    return generate_latest(registry_of(samples)).decode()


def registry_of(samples: Iterable[Sample]) -> CollectorRegistry:
    """Give what prometheus_client's own functions write and push."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Samples(samples))
    return registry


def read_text(text: str) -> tuple[Sample, ...]:
    """Read back what an earlier run wrote; raises ValueError. Metrics that are not ours are passed over."""
    return tuple(
        Sample(sample.name, tuple(sample.labels.get(label, "") for label in FAMILIES[sample.name][0]), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in FAMILIES
    )


class _Samples(Collector):
    """Samples as prometheus_client collects them, in the order of their families."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._samples = tuple(samples)

    def collect(self) -> Iterator[Metric]:
        for name, (labels, about) in FAMILIES.items():
            own = {each.labels: each.value for each in self._samples if each.name == name}
            family = GaugeMetricFamily(name, about, labels=labels)
            for values, value in own.items():
                # Bytes of a name that are no UTF-8 are there as surrogates, which the format has no room for.
                family.add_metric([text.encode(errors="replace").decode() for text in values], value)
            if own:
                yield family
