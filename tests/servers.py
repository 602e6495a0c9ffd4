"""What the fixtures hand out: databases on throw-away servers, dumps to fill them, and finished commands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from io import StringIO
from itertools import count
from typing import TYPE_CHECKING, Any

import psycopg2
import pytest
from psycopg2.sql import SQL, Identifier, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pg_xcopy.demo.servers import Server

_numbers = count(1)


@dataclass(frozen=True)
class Database:
    """One database of a throw-away server; every statement runs in a session of its own, as the superuser."""

    server: Server
    name: str

    @property
    def dsn(self) -> str:
        return self.server.dsn(self.name)

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def dsn_as(self, role: Role) -> str:
        return self.server.dsn(self.name, user=role.name, password=role.password)

    def url_as(self, role: Role) -> str:
        return self.server.url(self.name, user=role.name, password=role.password)

    def connect(self) -> Any:
        """Open a psycopg2 connection in autocommit mode; the caller closes it. No hostile setting breaks it off."""
        connection = psycopg2.connect(self.dsn, options="-c statement_timeout=0 -c lock_timeout=0")
        connection.autocommit = True
        return connection

    def execute(self, sql: Any, parameters: Any = None) -> None:
        """Run one statement or many; `%` is only special where there are parameters."""
        self._ask(sql, parameters)

    def rows(self, sql: Any, parameters: Any = None) -> list[tuple[Any, ...]]:
        return self._ask(sql, parameters)

    def value(self, sql: Any, parameters: Any = None) -> Any:
        """Return the first column of the first row."""
        return self._ask(sql, parameters)[0][0]

    def column(self, sql: Any, parameters: Any = None) -> list[Any]:
        return [row[0] for row in self._ask(sql, parameters)]

    def require_extension(self, name: str) -> None:
        """Create an extension, or skip the test where the server has no contrib modules."""
        if not self.rows("SELECT 1 FROM pg_available_extensions WHERE name = %s", (name,)):
            pytest.skip(f"PostgreSQL {self.server.major} in {self.server.installation.bin} has no {name}")
        self.execute(SQL("CREATE EXTENSION IF NOT EXISTS {}").format(Identifier(name)))

    def load(self, dump: Path) -> None:
        """Load what pg_dump wrote in its plain format, COPY blocks included, as `psql -f` would."""
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                for statement, data in split_dump(dump.read_text(encoding="utf-8")):
                    if data is None:
                        cursor.execute(statement)
                    else:
                        cursor.copy_expert(statement, StringIO(data))
        finally:
            connection.close()

    def _ask(self, sql: Any, parameters: Any) -> list[tuple[Any, ...]]:
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


@dataclass(frozen=True)
class Role:
    name: str
    password: str


@dataclass(frozen=True)
class Finished:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


def split_dump(text: str) -> Iterator[tuple[str, str | None]]:
    r"""Split a plain dump into (SQL, None) and (COPY, its data); psql's own lines (\restrict) go."""
    sql: list[str] = []
    lines = iter(text.splitlines(keepends=True))
    for line in lines:
        if re.match(r"COPY .* FROM stdin;$", line):
            yield "".join(sql), None
            yield line, "".join(iter(lambda: next(lines), "\\.\n"))
            sql = []
        elif not line.startswith("\\"):
            # Every database has the language since PostgreSQL 9; older dumps create it nevertheless.
            sql.append(re.sub("^CREATE PROCEDURAL LANGUAGE", "CREATE OR REPLACE PROCEDURAL LANGUAGE", line))
    yield "".join(sql) or "SELECT", None


def create_database(server: Server, template: str = "template1", encoding: str | None = None) -> Database:
    """Clone a template, which nobody may be connected to, into a new database; or make one in another encoding."""
    database = Database(server, f"test_{next(_numbers)}")
    make = SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(database.name), Identifier(template))
    if encoding:
        make = SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE 'C' LC_CTYPE 'C'").format(
            Identifier(database.name), Literal(encoding)
        )
    Database(server, "postgres").execute(make)
    return database


def drop_database(database: Database) -> None:
    """Drop a database with all of its sessions; DROP DATABASE knows FORCE from PostgreSQL 13 only."""
    admin = Database(database.server, "postgres")
    admin.execute(
        SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}").format(Literal(database.name))
    )
    force = SQL(" WITH (FORCE)" if database.server.major >= 13 else "")
    admin.execute(SQL("DROP DATABASE {}").format(Identifier(database.name)) + force)
