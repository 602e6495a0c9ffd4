"""Drops the schemas that runs leave beside a target: what a swap retired, what a failed or dead run had begun."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from pg_xcopy.connect.session import Session
from pg_xcopy.engine.beside.last_look import Permission, dependents_of, extensions_within, permission_of
from pg_xcopy.engine.reporting import Reporter
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.plan import ReplacePlan, Topic
from pg_xcopy.planning.schemas import PURPOSES, marker, prefix
from pg_xcopy.sql.names import TableName
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

BATCH = 50
"""Tables dropped in one transaction: each takes a lock for itself, its indexes and its TOAST table, of 64 a session."""

LOOKING = "looking for what dead runs left"
LOCK_TIMEOUT = "5s"
SETTINGS = (("synchronous_commit", "off"),)
"""What a crash brings back is dropped by the next run."""


class _Leftovers(Struct, frozen=True):
    """Schemas of one purpose beside one target, by how their names begin.

    Those that are `used` may hold what something outside has come to need, and of that not all may be broken.
    """

    target_schema: str
    purpose: str
    name_begins: str
    used: Permission | None = None


def clean_up_after_dead_runs(
    session: Session, target_schema: str, reporter: Reporter, purposes: Iterable[str] = PURPOSES
) -> None:
    """Drop whatever earlier runs left beside `target_schema`.

    Only for a run that holds the lock on it: then no other run is alive, and what is there belongs to nobody.
    """
    for purpose in purposes:
        used = Permission(target_schema) if purpose == "retired" else None
        _clean_up(session, _Leftovers(target_schema, purpose, prefix(target_schema, purpose), used), reporter)


def has_landings(session: Session, target_schema: str) -> bool:
    """Tell whether schemas are there in which pushed rows have landed; asked in the session's open transaction."""
    dead = _Leftovers(target_schema, "landing", prefix(target_schema, "landing"))
    return bool(session.rows(_looked_for(dead), LOOKING))


def drop_landing(session: Session, target_schema: str, name: str, reporter: Reporter) -> None:
    """Drop the schema in which this run's rows have landed."""
    _clean_up(session, _Leftovers(target_schema, "landing", name), reporter)


def drop_staging(session: Session, plan: ReplacePlan, reporter: Reporter) -> None:
    """Drop what this run built and did not put in its place."""
    _clean_up(session, _Leftovers(plan.target.schema, "staging", plan.staging), reporter)


def drop_after_swap(session: Session, plan: ReplacePlan, reporter: Reporter) -> None:
    """Drop what this run replaced, and the empty schema that a swap by moving leaves."""
    schema = plan.target.schema
    _clean_up(session, _Leftovers(schema, "retired", plan.retired, permission_of(plan)), reporter)
    _clean_up(session, _Leftovers(schema, "staging", plan.staging, Permission(schema)), reporter)


def _clean_up(session: Session, leftovers: _Leftovers, reporter: Reporter) -> None:
    """Drop schemas of ours; what a reader still holds becomes a warning and is left to the next run."""
    for row in _ours(session, leftovers):
        try:
            if leftovers.purpose != "retired":
                query = render("cleanup/busy_backends.sql.j2", schema_oid=row["oid"])
                _ask(session, query, f"ending what still works in schema {row['name']}")
            if needed := _needed_elsewhere(session, leftovers, row["oid"]):
                reporter.warn(Topic.LEFTOVER, row["name"], f"it is not dropped: {needed}")
                continue
            _drop(session, row["name"], row["oid"])
        except DatabaseError as error:
            if error.connection_lost:
                raise
            session.rollback()
            later = f"it can't be dropped now ({error.reason}); the next run tries again"
            reporter.warn(Topic.LEFTOVER, row["name"], later)


def _needed_elsewhere(session: Session, leftovers: _Leftovers, oid: int) -> str:
    """Say what outside the schema needs it; empty if nothing does.

    On what a failed or dead run built nothing can depend that anybody relies on, except on an extension.
    """
    session.begin_writer(search_path([]), LOCK_TIMEOUT, SETTINGS)
    reasons = [f"extension {name} lives in it" for name in extensions_within(session, oid)]
    if leftovers.used:
        broken = dependents_of(session, oid, leftovers.used)
        reasons += [f"{each.description} depends on {each.on_object}" for each in broken]
    session.commit()
    return ", ".join(reasons)


def _ours(session: Session, leftovers: _Leftovers) -> Sequence[dict[str, Any]]:
    return _ask(session, _looked_for(leftovers), LOOKING)


def _looked_for(leftovers: _Leftovers) -> Sql:
    mark = marker(leftovers.target_schema, leftovers.purpose)
    return render("cleanup/leftovers.sql.j2", prefix=leftovers.name_begins, marker=mark)


def _drop(session: Session, schema: str, oid: int) -> None:
    doing = f"dropping schema {schema}"
    relations = _ask(session, render("cleanup/tables.sql.j2", schema_oid=oid), doing)
    for start in range(0, len(relations), BATCH):
        batch = [
            {"kind": Sql(row["kind"]), "name": TableName(schema, row["name"])}
            for row in relations[start : start + BATCH]
        ]
        _in_transaction(session, render("cleanup/drop_objects.sql.j2", objects=batch), doing)
    _in_transaction(session, render("cleanup/drop_schema.sql.j2", schema=schema), doing)


def _ask(session: Session, query: Sql, doing: str) -> Sequence[dict[str, Any]]:
    """Ask under our own search_path: on another's, a function of somebody else may stand in front of PostgreSQL's."""
    session.begin_writer(search_path([]), LOCK_TIMEOUT, SETTINGS)
    rows = session.rows(query, doing)
    session.commit()
    return rows


def _in_transaction(session: Session, statements: Sql, doing: str) -> None:
    session.begin_writer(search_path([]), LOCK_TIMEOUT, SETTINGS)
    session.run(statements, doing)
    session.commit()
