"""Both sides of a job, connected: the source with its snapshot, a target with its lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.connect.address import Address
from pg_xcopy.engine.before.guard import refuse_same_schema
from pg_xcopy.engine.before.target import Target, open_target
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.route import pusher_for, settings_for
from pg_xcopy.engine.sources.source import Source, open_source
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.observe.spans import Phase


class Sides(Struct, frozen=True):
    """Both databases of a run, each with the session that holds what the run relies on: the snapshot, the lock."""

    source: Source
    target: Target


@contextmanager
def both_sides(run: Run, *, exclusive: bool = True) -> Iterator[Sides]:
    """Connect to both; not `exclusive` is for those who only look."""
    with source_side(run) as source, target_side(run, source, exclusive=exclusive) as target:
        yield Sides(source, target)


@contextmanager
def source_side(run: Run) -> Iterator[Source]:
    """Connect to the source, and keep its snapshot alive."""
    source = run.job.source
    address = address_of("source", source.database, run.job.hidden)
    with ExitStack() as stack:
        with run.reporter.during(Phase.CONNECT).working("connecting to the source"):
            side = stack.enter_context(open_source(address, source.schema_name, run.sessions))
        stack.enter_context(kept_alive((side.session,), run.sessions))
        yield side


@contextmanager
def target_side(run: Run, source: Source, *, exclusive: bool) -> Iterator[Target]:
    """Connect to the target of a job that has one, and make sure that it is not the source."""
    target = run.job.only_target
    address = address_of("target", target.database, run.job.hidden)
    settings = settings_for(run.job, source.session)
    address = replace(address, settings=settings, hidden=address.hidden.union(value for _, value in settings))
    with ExitStack() as stack:
        with run.reporter.during(Phase.CONNECT).working("connecting to the target"):
            side = stack.enter_context(open_target(address, target.schema_name, run.sessions, exclusive=exclusive))
            refuse_same_schema(source, side, protected=run.job.source.database.protected)
        yield replace(side, pusher=pusher_for(run.job, source.address, side.session))


def address_of(side: str, connection: Connection, hidden: frozenset[str] = frozenset()) -> Address:
    """Say where a side of a job is reached; the source's sessions are read only."""
    return Address(
        side=side,
        label=connection.described,
        dsn=connection.dsn,
        connect_timeout=connection.connect_timeout,
        read_only=side == "source",
        hidden=hidden,
        ssh=connection.ssh.login if connection.ssh else None,
    )
