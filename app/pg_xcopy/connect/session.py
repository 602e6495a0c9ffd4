"""One connection, and the only calls that are made on it."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import psycopg2
import psycopg2.extensions

from pg_xcopy.connect import dsn as dsns
from pg_xcopy.connect.address import Address
from pg_xcopy.connect.connecting import connect, options_of, parameters_of, through
from pg_xcopy.connect.farewell import first_error_kept
from pg_xcopy.connect.probe import answers
from pg_xcopy.connect.translation import connection_failed, database_error, not_utf8
from pg_xcopy.errors import ConnectionFailedError, DatabaseError, TunnelFailedError
from pg_xcopy.sql.quoting import Sql
from pg_xcopy.sql.render import render

if TYPE_CHECKING:
    from pg_xcopy.connect.tunnel import Tunnel

OLDEST_SERVER = 120000
"""PostgreSQL 12, the oldest that has what structure introspection reads (generated columns)."""

CHUNK = 120 * 1024
"""Bytes a read of the COPY stream; larger ones gained nothing where it was measured.

And glibc takes blocks from 128 KiB on (mallopt(3), M_MMAP_THRESHOLD) from another place, where they fragment: with
chunks of 256 KiB, memory grew by 7 MB with every 100 MB that passed.
"""
PATIENCE = 2.0
"""Seconds that a server gets to show that a cancel request would reach it."""

Result = TypeVar("Result")


class Sink(Protocol):
    """What COPY TO writes to."""

    def write(self, data: bytes, /) -> object:
        """Take one CopyData message: a row."""


class Stream(Protocol):
    """What COPY FROM reads from. An empty result is a *successful* end of data; a failure must raise."""

    def read(self, size: int = -1, /) -> bytes:
        """Give at most `size` bytes."""


class Session:
    """A connection in autocommit: transactions are opened and closed by statements, so that all of them can be read.

    Every driver error leaves it as a DatabaseError.
    """

    def __init__(
        self, address: Address, application_name: str, check: Callable[[], None], tunnel: Tunnel | None = None
    ) -> None:
        """Connect; raises ConnectionFailedError. `check` is called before each statement and may raise."""
        self.address = address
        self._check = check
        given = parameters_of(address, application_name)
        self._hidden = dsns.secrets(address.dsn) | dsns.secrets_in(given) | address.hidden
        self._tunnel = tunnel
        try:
            self._options = options_of(address)
            if tunnel:
                given = {**given, **through(tunnel, given)}
                self._hidden |= dsns.secrets_in(given)
            self._parameters = given
            self._connection = connect(given, self._options)
        except psycopg2.Error as error:
            failed = self._not_connected(error)
            raise failed from failed.__cause__
        self._cancelling = threading.Thread()
        self._closed = False
        self._spoke = time.monotonic()

    @property
    def server_version(self) -> int:
        """The server's version as PostgreSQL numbers it: 150004 is 15.4."""
        return int(self._connection.info.server_version)

    @property
    def backend_pid(self) -> int:
        """The process that serves this session."""
        return int(self._connection.info.backend_pid)

    @property
    def given(self) -> dict[str, str]:
        """What libpq was given, or found, to connect with: the password included, and the server that it came to."""
        info = self._connection.info
        met = {"host": info.host, "port": str(info.port), "password": info.password or ""}
        return {**info.dsn_parameters, **met}

    def begin_reader(self, search_path: Sql, snapshot: str | None = None, *, row_security: bool = False) -> None:
        """Open a read-only transaction, on an exported snapshot where one is given.

        Without `row_security`, a table whose policies would hide rows is an error instead of a partial result.
        """
        self.run(
            render(
                "session/begin_reader.sql.j2",
                search_path=search_path,
                snapshot=snapshot,
                row_security=row_security,
                server_version=self.server_version,
            ),
            "opening a transaction",
        )

    def begin_writer(
        self, search_path: Sql, lock_timeout: str = "1min", settings: Iterable[tuple[str, str]] = ()
    ) -> None:
        """Open a transaction that writes, with further `settings`; on a new connection where the old one is gone.

        Servers (idle_session_timeout), poolers and load balancers cut connections that wait between two transactions,
        as those of workers do for the rows of a large table. Nothing is lost with them.
        """
        opening = render(
            "session/begin_writer.sql.j2",
            search_path=search_path,
            lock_timeout=lock_timeout,
            settings=settings,
            row_security=False,
            server_version=self.server_version,
        )
        try:
            self.run(opening, "opening a transaction")
        except DatabaseError:
            if not (self._connection.closed and self._renewed()):
                raise
            self.run(opening, "opening a transaction")

    def commit(self) -> None:
        """End the transaction and keep what it did."""
        self.run(Sql("COMMIT"), "committing")

    def rollback(self) -> None:
        """End the transaction and undo what it did."""
        self.run(Sql("ROLLBACK"), "rolling back")

    def run(self, statement: Sql, doing: str) -> None:
        """Send one or several statements; `doing` is a phrase for the error that may come."""
        self._call(doing, lambda cursor: cursor.execute(statement))

    def affected(self, statement: Sql, doing: str) -> int:
        """Run one statement and return the number of rows that it wrote."""
        return self._call(doing, lambda cursor: (cursor.execute(statement), int(cursor.rowcount))[1])

    def rows(self, query: Sql, doing: str) -> Sequence[dict[str, Any]]:
        """Return a query's rows, each by column name."""
        return self._call(doing, lambda cursor: _fetch(cursor, query))

    def value(self, query: Sql, doing: str) -> Any:  # noqa: ANN401 - whatever type the one column has
        """Return the first column of a query's only row."""
        return next(iter(self.rows(query, doing)[0].values()))

    def copy_to(self, statement: Sql, sink: Sink, doing: str) -> int:
        """Run COPY … TO STDOUT and return the number of rows.

        A `write` that raises leaves the connection in the middle of COPY: close it, never use it again.
        """
        return self._call(doing, lambda cursor: _copy(cursor, statement, sink))

    def copy_from(self, statement: Sql, stream: Stream, doing: str) -> int:
        """Run COPY … FROM STDIN and return the number of rows."""
        return self._call(doing, lambda cursor: _copy(cursor, statement, stream))

    def fileno(self) -> int:
        """Return the socket's descriptor, to wait on."""
        return int(self._connection.fileno())

    def cancel(self) -> None:
        """Ask the server to break off the statement that runs now, from any thread, without waiting for an answer.

        The driver sends the request over a connection of its own and holds the interpreter's lock until the server has
        closed that: on a silent network all threads would stand still for minutes. So there, nothing is asked.
        """
        if not self._cancelling.is_alive():
            self._cancelling = threading.Thread(target=self._request_cancel, daemon=True)
            self._cancelling.start()

    def _request_cancel(self) -> None:
        with suppress(psycopg2.Error):  # the session may have ended in between, which is what was wanted
            if answers(self.fileno(), PATIENCE):
                self._connection.cancel()

    def sever(self) -> None:
        """Shut the socket down, from any thread, so that a call that waits for a silent network returns."""
        with suppress(psycopg2.Error, OSError), socket.socket(fileno=os.dup(self.fileno())) as copy:
            copy.shutdown(socket.SHUT_RDWR)

    @property
    def closed(self) -> bool:
        """Tell whether we ended it, rather than the server or the network."""
        return self._closed

    def there(self, silence: float) -> bool:
        """Tell whether it is still there; asks only if nothing was said for `silence` seconds."""
        if time.monotonic() - self._spoke < silence:
            return True
        with suppress(DatabaseError):
            self.run(Sql("SELECT 1"), "looking whether the session is still there")
        return not self._connection.closed

    def close(self) -> None:
        """End the session; a transaction that is open is rolled back by the server."""
        self._closed = True
        self._connection.close()

    def _renewed(self) -> bool:
        """Connect again, unless we ended the session; tell whether the server answered."""
        self._check()
        try:
            renewed = connect(self._parameters, self._options)
        except psycopg2.Error:
            return False  # that the connection was lost says more
        self._connection.close()
        self._connection = renewed
        if self._closed:
            renewed.close()
        return not self._closed

    def _call(self, doing: str, action: Callable[[Any], Result]) -> Result:
        self._check()
        try:
            with self._connection.cursor() as cursor:
                return action(cursor)
        except psycopg2.Error as error:
            failed = self._broken_off(error, doing)
            raise failed from failed.__cause__  # not from the driver's own: its text quotes rows
        except UnicodeDecodeError:  # a server checks what it converts, and from UTF8 to UTF8 it converts nothing
            raise not_utf8(self.address.side, self.address.label, doing) from None
        finally:
            self._spoke = time.monotonic()

    def _not_connected(self, error: psycopg2.Error) -> ConnectionFailedError:
        """Say why not, and blame the bastion if no server ever answered."""
        side, label, tunnel = self.address.side, self.address.label, self._tunnel
        if tunnel and "FATAL:" not in str(error) and (refused := tunnel.why_refused()):
            return TunnelFailedError(side, label, refused.reason, refused.advice, tunnel.login.label)
        return connection_failed(error, side, label, self._hidden, tunnel.translated if tunnel else str)

    def _broken_off(self, error: psycopg2.Error, doing: str) -> DatabaseError:
        """Say what the server said; or how the way to it was lost, if it said nothing."""
        side, label = self.address.side, self.address.label
        if self._tunnel and not error.pgcode and (lost := self._tunnel.lost()):
            return DatabaseError(side, label, doing, lost)
        return database_error(error, side, label, doing, self._hidden)


def _fetch(cursor: Any, query: Sql) -> Sequence[dict[str, Any]]:  # noqa: ANN401 - the driver's cursor
    cursor.execute(query)
    names = [column.name for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _copy(cursor: Any, statement: Sql, file: Sink | Stream) -> int:  # noqa: ANN401 - the driver's cursor
    with first_error_kept():
        cursor.copy_expert(statement, file, CHUNK)
    return int(cursor.rowcount)
