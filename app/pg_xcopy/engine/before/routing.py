"""The servers talk to each other once before anything is written; what of a filter the source would evaluate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.before.sides import Sides
from pg_xcopy.engine.sources.between import CONNECTING, connect
from pg_xcopy.engine.sources.foreign import connect_foreign, open_pusher
from pg_xcopy.engine.sources.source import Source
from pg_xcopy.errors import DatabaseError
from pg_xcopy.planning.foreign import TRIED
from pg_xcopy.planning.foreign_problems import HINT, ON_SOURCE, PUSHED
from pg_xcopy.planning.plan import CopyPlan, Plan, Transport
from pg_xcopy.sql.quoting import Sql, identifier
from pg_xcopy.sql.render import render

UNKNOWN_SETTING = "42704"
CANNOT_CONNECT = "08001"
_UNASKED = (
    "only a superuser's server may connect without one: the {far} must ask for a password and have been given one; "
)
_KINDS = {
    "password is required": _UNASKED,
    "password or GSSAPI": _UNASKED,
    "foreign-data wrapper": "ask its administrator for: GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO {role}; ",
    "create temporary": "ask its owner for: GRANT TEMPORARY ON DATABASE {database} TO {role}; ",
    "permission denied": "ask its administrator for the privilege; ",
    "snapshot": "that address leads to another server than ours does; ",
}
"""What helps, by what a server's message has in it."""
_LATE = "a foreign table would have its filter evaluated"


def refused_by_route(plan: Plan, sides: Sides, sessions: Sessions) -> Iterator[str]:
    """Have the servers talk to each other once; give a reason for whatever keeps them from it."""
    if plan.transport is None:
        return
    if plan.transport.name == "dblink":
        yield from _refused_dblink(plan, plan.transport, sides)
        return
    near = _near(plan, sides, sessions)
    far = sides.target.session if plan.transport.push else sides.source.session
    try:
        connect_foreign(plan.transport, near, far)
        if plan.transport.at_once:
            yield from _with_heirs(plan, sides.source)
            for copy in plan.copies:
                yield from _filtered_too_late(copy, near)
    except DatabaseError as error:
        yield _reason(error, plan, plan.transport, near)
    finally:
        sessions.close(near)


def _near(plan: Plan, sides: Sides, sessions: Sessions) -> Session:
    """Open a session of its own on the server that connects: whatever is made there ends with it."""
    if sides.target.pusher:
        return open_pusher(sides.source, plan, sessions, sides.target.pusher)
    session = sessions.open(sides.target.address)
    session.begin_writer(plan.target_path)
    return session


def _refused_dblink(plan: Plan, transport: Transport, sides: Sides) -> Iterator[str]:
    writer = sides.target.session
    writer.run(Sql("SAVEPOINT route"), CONNECTING)
    try:
        connect(transport, plan, sides.source, writer)
        writer.run(transport.disconnect, CONNECTING)
    except DatabaseError as error:
        yield _reason(error, plan, transport, writer)
        with suppress(DatabaseError):
            writer.run(Sql("ROLLBACK TO SAVEPOINT route"), CONNECTING)


def _with_heirs(plan: Plan, source: Source) -> Iterator[str]:
    """Name the tables whose heirs' rows a foreign table would bring too."""
    read = {name for copy in plan.copies for name in copy.read}
    names = {each.oid: each.name for each in source.catalog.relations if each.name in read and each.kind == "r"}
    if names:
        query = render("transports/fdw_heirs.sql.j2", oids=list(names))
        for row in source.session.rows(query, "looking for tables that inherit"):
            message = "other tables inherit from it, and a foreign table would bring their rows too"
            yield f"{names[row['oid']]}: {message} ({PUSHED})"


def _filtered_too_late(copy: CopyPlan, near: Session) -> Iterator[str]:
    """Give a reason if the target's server would evaluate a filter, or a part of it, itself."""
    if copy.trial is None:
        return
    doing = f"checking {copy.source}"
    near.run(Sql("SAVEPOINT filtering"), doing)
    try:
        plan = near.value(copy.trial, doing)[0]["Plan"]
        named = [row["name"] for row in near.rows(render("transports/fdw_names.sql.j2", view=TRIED), doing)]
    except DatabaseError as error:
        if error.connection_lost:
            raise
        yield f"{copy.source}: {_LATE} by the target's server, which refuses it: {error.reason} ({ON_SOURCE})"
    else:
        if named:
            yield f"{copy.source}: {_LATE} with what the target knows as {', '.join(named)} ({ON_SOURCE})"
        elif not _is_left_to_the_source(plan):
            yield f"{copy.source}: {_LATE}, at least in part, when the rows have left the source ({ON_SOURCE})"
    near.run(Sql("ROLLBACK TO SAVEPOINT filtering"), "rolling back")


def _is_left_to_the_source(plan: Mapping[str, Any]) -> bool:
    """Tell whether a plan has nothing but foreign scans, or reads nothing at all."""
    if plan["Node Type"] == "Result":
        return not plan.get("Plans")
    if plan["Node Type"] == "Append":
        return all(map(_is_left_to_the_source, plan["Plans"]))
    return plan["Node Type"] == "Foreign Scan" and "Filter" not in plan and not plan.get("Plans")


def _reason(error: DatabaseError, plan: Plan, transport: Transport, near: Session) -> str:
    reason, hint = _explained(error, plan, transport, near)
    end = "target" if transport.push else "source"
    return f"transport {transport.name}: the {transport.side}'s server can't reach the {end}: {reason} ({hint}{HINT})"


def _explained(error: DatabaseError, plan: Plan, transport: Transport, near: Session) -> tuple[str, str]:
    if error.sqlstate == UNKNOWN_SETTING:
        return f"a pool between us and the {transport.side} keeps it from being told how", ""
    end = plan.source if transport.push else plan.target
    names = {
        "far": "target" if transport.push else "source",
        "role": identifier(near.given["user"]),
        "database": identifier(end.database),
    }
    advice = "say under which address it can with `route`; " if error.sqlstate == CANNOT_CONNECT else ""
    return error.reason, next((hint for sign, hint in _KINDS.items() if sign in error.reason), advice).format(**names)
