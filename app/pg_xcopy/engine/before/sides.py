"""Both sides of a job, connected: the source with its snapshot, a target with its lock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from msgspec import Struct
from msgspec.structs import replace

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.connect.address import Address
from pg_xcopy.engine.before.guard import refuse_same_schema
from pg_xcopy.engine.before.target import Target, open_target
from pg_xcopy.engine.heartbeat import kept_alive
from pg_xcopy.engine.meanwhile import Meanwhile
from pg_xcopy.engine.run import Run
from pg_xcopy.engine.sources.route import pulls, pusher_for, settings_for
from pg_xcopy.engine.sources.source import Source, open_source
from pg_xcopy.manifest.connections import Connection
from pg_xcopy.observe.spans import Phase


class Sides(Struct, frozen=True):
    """Both databases of a run, each with the session that holds what the run relies on: the snapshot, the lock.

    `standing` is what the target had when the run began.
    """

    source: Source
    target: Target
    standing: TargetCatalog | ExistingCatalog


class _Locked(Struct, frozen=True):
    """A target whose lock we hold, and that may still turn out to be the source."""

    target: Target
    standing: TargetCatalog | ExistingCatalog


@contextmanager
def both_sides(run: Run, *, exclusive: bool = True) -> Iterator[Sides]:
    """Connect to both, at the same time where neither needs the other; not `exclusive` is for those who only look."""
    with ExitStack() as stack:
        if pulls(run.job):
            source = stack.enter_context(source_side(run))
            yield stack.enter_context(target_side(run, source, exclusive=exclusive))
            return
        # Before there is a crew, its first number is free.
        beside = replace(run, reporter=run.reporter.of(1))
        theirs = stack.enter_context(ExitStack())
        locked = stack.enter_context(Meanwhile(lambda: theirs.enter_context(_locked(beside, (), exclusive=exclusive))))
        source = stack.enter_context(source_side(run))
        yield _met(run, source, locked.result())


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
def target_side(run: Run, source: Source, *, exclusive: bool) -> Iterator[Sides]:
    """Connect to the target of a job that has one, beside a source that is there."""
    with _locked(run, settings_for(run.job, source.session), exclusive=exclusive) as locked:
        yield _met(run, source, locked)


@contextmanager
def _locked(run: Run, settings: tuple[tuple[str, str], ...], *, exclusive: bool) -> Iterator[_Locked]:
    """Connect to the target with such settings, lock it, read what stands there."""
    end = run.job.only_target
    address = address_of("target", end.database, run.job.hidden)
    address = replace(address, settings=settings, hidden=address.hidden.union(value for _, value in settings))
    with ExitStack() as stack:
        with run.reporter.during(Phase.CONNECT).working("connecting to the target"):
            target = stack.enter_context(open_target(address, end.schema_name, run.sessions, exclusive=exclusive))
            standing = target.existing() if end.fills_existing else target.catalog(stays=end.mode == "replace_tables")
        yield _Locked(target, standing)


def _met(run: Run, source: Source, locked: _Locked) -> Sides:
    """Bring both together; raises SameSchemaError, ProtectedTargetError if they are one."""
    target, standing = locked.target, locked.standing
    refuse_same_schema(source, target, standing.server, protected=run.job.source.database.protected)
    return Sides(source, replace(target, pusher=pusher_for(run.job, source.address, target.session)), standing)


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
