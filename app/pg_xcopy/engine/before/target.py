"""The target's side of a job: the lock on its schema, held by the very transaction that will swap."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec import Struct

from pg_xcopy.catalog.existing import ExistingCatalog
from pg_xcopy.catalog.existing_tables import read_existing
from pg_xcopy.catalog.model import TargetCatalog
from pg_xcopy.catalog.target import read_target
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.session import Session
from pg_xcopy.connect.sessions import Sessions
from pg_xcopy.engine.sources.source import require_supported
from pg_xcopy.errors import DatabaseError, ReadOnlyTargetError, TargetLockedError
from pg_xcopy.sql.render import render
from pg_xcopy.sql.search_path import search_path

READ_ONLY_STATES = frozenset({"0A000", "25006"})
"""SQLSTATEs of a standby that is asked for a transaction that writes."""


class Target(Struct, frozen=True):
    """The session whose open transaction holds the lock; `nonce` is a second lock that only this run knows of."""

    address: Address
    session: Session
    schema: str
    nonce: int
    pusher: Address | None = None

    def catalog(self, *, stays: bool = False) -> TargetCatalog:
        """Read what stands there now; more of it where the schema `stays`."""
        return read_target(self.session, self.schema, stays=stays)

    def existing(self) -> ExistingCatalog:
        """Read the tables that are there to be filled."""
        return read_existing(self.session, self.schema)


@contextmanager
def open_target(address: Address, schema: str, sessions: Sessions, *, exclusive: bool = True) -> Iterator[Target]:
    """Connect and lock the schema against other runs; not `exclusive` is for those who only look.

    Transaction-scoped, the locks work behind a transaction pool, and a run that lost its lock can't swap: it is the
    same transaction. Idle in READ COMMITTED it holds no snapshot, so it keeps no vacuum from its work.
    """
    session = sessions.open(address)
    try:
        require_supported(session)
        _begin(session)
        target = Target(address, session, schema, secrets.randbits(62))
        if exclusive:
            _lock(target)
        else:
            session.run(render("guard/wait_for_lock.sql.j2", key=target.nonce), f"looking at schema {schema}")
        yield target
    finally:
        sessions.close(session)


@contextmanager
def open_writer(address: Address, sessions: Sessions) -> Iterator[Session]:
    """Give a session on the target; its user opens the transactions."""
    session = sessions.open(address)
    try:
        yield session
    finally:
        sessions.close(session)


def _begin(session: Session) -> None:
    try:
        session.begin_writer(search_path([]))
    except DatabaseError as error:
        if error.sqlstate in READ_ONLY_STATES:
            raise ReadOnlyTargetError(session.address.label) from error
        raise


def _lock(target: Target) -> None:
    key = lock_key(target.schema)
    statement = render("guard/try_lock.sql.j2", key=key, nonce=target.nonce)
    if not target.session.value(statement, f"locking schema {target.schema}"):
        raise TargetLockedError(target.address.label, target.schema, _holder(target, key))


def lock_key(schema: str) -> int:
    """Give the advisory lock's key for a schema: 62 bits, as two halves that pg_locks shows without a sign."""
    return int.from_bytes(hashlib.sha256(f"pg-xcopy {schema}".encode()).digest()[:8], "big") >> 2


def _holder(target: Target, key: int) -> str:
    rows = target.session.rows(render("guard/lock_holder.sql.j2", key=key), "asking who holds the lock")
    if not rows:
        return "it has just ended"
    row = rows[0]
    address = f" from {row['address']}" if row["address"] else ""
    since = f" since {row['since']}" if row["since"] else ""
    return f"{row['application'] or 'unnamed'}{address} (server process {row['pid']}{since})"
