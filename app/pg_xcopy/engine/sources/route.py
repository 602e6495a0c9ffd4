"""What one server is told of the other: as a setting of its session, before anything is planned."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from msgspec.structs import replace

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.routes import SETTING, NoRouteError, connection_string, foreign_options, spelled
from pg_xcopy.connect.session import Session
from pg_xcopy.errors import PlanError
from pg_xcopy.manifest.models import Job
from pg_xcopy.planning.foreign_problems import HINT
from pg_xcopy.planning.transporting import FOREIGN_TABLES, STREAM

_PINNED = {
    "lc_monetary": "C",
    "xmloption": "content",
    "bytea_output": "hex",
    "array_nulls": "on",
    "standard_conforming_strings": "on",
    "lock_timeout": "5min",
    "idle_in_transaction_session_timeout": "0",
}
"""Of what sessions of ours set in each transaction, that which postgres_fdw does not set by itself over there."""


def pulls(job: Job) -> bool:
    """Tell whether the target's sessions have to know how the source was reached."""
    return not (job.transport == STREAM or job.push)


def settings_for(job: Job, source: Session) -> tuple[tuple[str, str], ...]:
    """Give what the target's sessions need to reach the source; raises PlanError if its server can't."""
    if not pulls(job):
        return ()
    with _refused(job, source):
        if job.transport == FOREIGN_TABLES:
            options = foreign_options(source, _elsewhere(job), _new_name(), _far_settings(job, source))
            return ((SETTING, spelled(options)),)
        return ((SETTING, spelled(connection_string(source, _elsewhere(job)))),)


def pusher_for(job: Job, source: Address, target: Session) -> Address | None:
    """Give how the source is reached by who has it push; None for other jobs. Raises PlanError if it can't push."""
    if not job.push:
        return None
    with _refused(job, target):
        options = spelled(foreign_options(target, _elsewhere(job), _new_name(), _far_settings(job, target)))
    # What that server says of its way to the other may quote what the other asks for.
    hidden = source.hidden | target.address.hidden | dsns.secrets_in(target.given) | {options}
    return replace(source, read_only=False, settings=((SETTING, options),), hidden=hidden)


def _new_name() -> str:
    """Make up by what the connection will be known over there, beside the number of the process that opens it."""
    return f"pg-xcopy postgres_fdw {secrets.token_hex(6)}"


def _far_settings(job: Job, far: Session) -> Mapping[str, str]:
    settings = {**_PINNED, "row_security": "on" if job.allow_row_security else "off"}
    if job.push:
        settings["synchronous_commit"] = "off"  # what is lost in a crash is a staging schema
    if far.server_version >= 170000:  # noqa: PLR2004 - as settings.sql.j2 has it
        settings["transaction_timeout"] = "0"
    return settings


def _elsewhere(job: Job) -> dict[str, str]:
    elsewhere = {"host": job.route.host} if job.route else {}
    if job.route and job.route.port:
        elsewhere["port"] = str(job.route.port)
    return elsewhere


@contextmanager
def _refused(job: Job, far: Session) -> Iterator[None]:
    try:
        yield
    except NoRouteError as error:
        near = "source" if job.push else "target"
        hint = f"give its address for the {near}'s server with `route`, {HINT}" if far.address.ssh else HINT[3:]
        raise PlanError(job.name, (f"transport {job.transport}: {error.reason} ({hint})",)) from None
