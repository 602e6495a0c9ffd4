"""A copy of a schema onto itself is refused, however the two connection strings are spelled."""

from __future__ import annotations

import pytest
from copying import beside, copy

from judge import read_schema
from pg_xcopy.errors import SameSchemaError


@pytest.fixture
def things(source_db):
    source_db.execute("CREATE SCHEMA app; CREATE TABLE app.things AS SELECT generate_series(1, 100) AS id")
    return source_db


def spellings(database, role):
    server, name = database.server, database.name
    password, port = server.password, server.port
    return {
        "url": database.url,
        "keywords": database.dsn,
        "localhost": database.url.replace("127.0.0.1", "localhost"),
        "socket": f"host='{server.directory}' port={port} dbname={name} user=postgres password={password}",
        "socket in a url": f"postgresql://postgres:{password}@/{name}?host={server.directory}&port={port}",
        "hostaddr": f"host=whatever hostaddr=127.0.0.1 port={port} dbname={name} user=postgres password={password}",
        "several hosts": f"postgresql://postgres:{password}@127.0.0.1:1,127.0.0.1:{port}/{name}",
        "the database as a parameter": f"postgresql://postgres:{password}@127.0.0.1:{port}/?dbname={name}",
        "postgres://": database.url.replace("postgresql://", "postgres://"),
        "another role": database.url_as(role),
        "another application": f"{database.url}?application_name=x",
    }


SPELLINGS = (
    "url", "keywords", "localhost", "socket", "socket in a url", "hostaddr", "several hosts",
    "the database as a parameter", "postgres://", "another role", "another application",
)  # fmt: skip


@pytest.mark.parametrize("side", ["source", "target"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_same_schema_is_refused(things, hostile_role, spelling, side):
    grants = ["USAGE, CREATE ON SCHEMA app", "SELECT ON app.things", f"CREATE ON DATABASE {things.name}"]
    other = spellings(things, hostile_role(things, grant=grants))[spelling]
    before = read_schema(things, "app")

    with pytest.raises(SameSchemaError, match="schema app"):
        copy(*((other, things) if side == "source" else (things, other)))

    assert read_schema(things, "app") == before


def test_another_schema_of_the_same_database(things):
    for _ in range(2):
        copy(things, things, into="copy")

    assert read_schema(things, "copy")["rows"] == read_schema(things, "app")["rows"]
    assert beside(things) == []


def test_the_same_name_in_another_database_of_the_server(things, new_database):
    other = new_database(things.server)

    copy(things, other)

    assert read_schema(other, "app") == read_schema(things, "app")
