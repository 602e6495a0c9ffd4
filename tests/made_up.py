"""Runs that never were, as values: the plan of a schema and the events of a job that carries it out."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from msgspec.structs import replace

from pg_xcopy.observe import events
from pg_xcopy.observe.spans import Phase, Span
from pg_xcopy.planning.plan import (
    ColumnPlan,
    CopyPlan,
    Endpoint,
    ForeignKey,
    Notice,
    ReplacePlan,
    Resources,
    Step,
    SwapMethod,
    SwapPlan,
    TableFinish,
    Topic,
)
from pg_xcopy.report.report import Report
from pg_xcopy.results import JobResult, TableResult, WarningResult
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql, identifier

BEGAN = datetime(2025, 3, 1, 2, 0, tzinfo=timezone.utc)


def name(table):
    return TableName("app", table)


def copy(table, condition=None, columns=("id",), left_out=()):
    select = Sql(f"SELECT {', '.join(map(identifier, columns))} FROM {name(table).sql}")
    return CopyPlan(
        source=name(table),
        target=name(table),
        columns=tuple(ColumnPlan(each, Sql("integer"), identifier(each)) for each in columns),
        left_out=left_out,
        select=select,
        copy_to=(Sql(f"COPY ({select}) TO STDOUT"),),
        copy_from=Sql(f"COPY {name(table).sql} FROM STDIN"),
        condition=condition and Sql(condition),
        guard=None,
        estimated_rows=100,
        estimated_bytes=8192,
    )


def step(doing, subject, what, topic=Topic.CONSTRAINT):
    return Step(Sql(f"ALTER -- {doing}"), f"{doing} {subject}", subject, topic, what)


def finish(table):
    key = step("adding primary key", f"{name(table)}.{table}_pkey", "PRIMARY KEY (id)")
    return TableFinish(name(table), 0, (key,), (), ())


def foreign_key(table, parent):
    made = step("adding foreign key", f"{name(table)}.{table}_{parent}_fkey", f"FOREIGN KEY (r) REFERENCES {parent}")
    return ForeignKey(name(table), made, refers_to=name(parent))


def plan(tables=("users", "orders"), keys=(("orders", "users"),), notices=(), **given):
    values = {
        "job": "copy",
        "source": Endpoint("prod", "shop", "app", 170005),
        "target": Endpoint("staging", "shop", "app", 120022),
        "source_path": Sql("app"),
        "target_path": Sql("app"),
        "row_security": False,
        "copies": tuple(copy(each) for each in tables),
        "transport": None,
        "resources": Resources(2, 2, None, ()),
        "notices": tuple(notices),
        "staging": "_s",
        "retired": "_r",
        "prepare": (),
        "separate": (),
        "finish": tuple(finish(each) for each in tables),
        "foreign_keys": tuple(foreign_key(*each) for each in keys),
        "settle": (),
        "positions": (),
        "swap": SwapPlan(SwapMethod.RENAME, ()),
        "dropped": (),
        "cascades": False,
        "strict": False,
    }
    return ReplacePlan(**{**values, **given})


def span(phase, table, worker, started, seconds, **given):
    return Span(phase, f"app.{table}" if table else "", f"{phase.value} {table}", worker, started, seconds, **given)


def result(table, rows=100, seconds=0.5):
    return TableResult(f"app.{table}", rows, rows * 20, seconds)


def beginning(planned, job="copy", to=""):
    """The events of a job until its rows flow."""
    yield events.JobStarted(job, "0a1b2c3d", "prod schema app", "staging schema app", to, BEGAN)
    yield events.StageStarted(job, events.Stage.PLAN, to)
    yield events.Worked(job, span(Phase.PLAN, "", 0, 0.0, 0.2), to)
    estimates = tuple(events.TableEstimate(str(each.source), 100, 8192) for each in planned.copies)
    yield events.Planned(job, estimates, to, planned)
    for each in planned.notices:
        yield events.Warned(job, WarningResult(each.topic.value, each.subject, each.message, to), to)
    yield events.StageStarted(job, events.Stage.COPY, to)


def whole(planned, job="copy", to=""):
    """The events of a job that is done."""
    yield from beginning(planned, job, to)
    tables = []
    for number, each in enumerate(planned.copies):
        table, worker, started = each.source.name, 1 + number % 2, 0.5 + number // 2
        tables.append(replace(result(table, 100 + number), target=to))
        yield events.TableStarted(job, f"app.{table}", to)
        yield events.Worked(
            job, span(Phase.COPY, table, worker, started, 0.5, rows=100 + number, bytes=2000 + 20 * number), to
        )
        yield events.TableCopied(job, tables[-1], to)
        yield events.Worked(job, span(Phase.KEYS, table, worker, started + 0.5, 0.25), to)
    warnings = tuple(WarningResult(each.topic.value, each.subject, each.message, to) for each in planned.notices)
    yield events.JobFinished(job, JobResult(job, "0a1b2c3d", tuple(tables), warnings, 4.0), to)


def report(*happened, kind="run", hidden=None, options=()):
    made = Report(Path("report.html"), kind, "1.2.3", options)
    made.expect(hidden or {"copy": frozenset()})
    for event in happened:
        made.collector(event)
    return made


LEFT_OUT = Notice(
    Topic.CONSTRAINT, "app.orders.orders_gone_fkey", "foreign key: it refers to gone, which is not copied", name("gone")
)
