"""Whatever schema somebody may have, its copy is the same: types, tables, rows and names that a machine thought up."""

from __future__ import annotations

from contextlib import closing, contextmanager

import pytest
from copying import beside, copy
from generating import schemas
from hypothesis import given, settings
from psycopg2.sql import SQL, Identifier

from judge import read_schema

SEARCH = settings(max_examples=40, deadline=None, derandomize=True, database=None)


@contextmanager
def made(source, target, generated):
    """The schema in the source for the time of one example; afterwards it and its copy are dropped."""
    try:
        with closing(source.connect()) as connection, connection.cursor() as cursor:
            for statement in generated.script:
                cursor.execute(statement)
        yield
    finally:
        for database, schema in ((source, generated.name), (target, generated.into)):
            database.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(schema)))


@pytest.mark.timeout(600)
def test_any_schema(source_db, target_db):
    known = min(source_db.server.major, target_db.server.major)

    @SEARCH
    @given(generated=schemas(known))
    def is_copied(generated):
        with made(source_db, target_db, generated):
            result = copy(source_db, target_db, schema=generated.name, into=generated.into)

            assert result.warnings == ()
            assert read_schema(target_db, generated.into) == read_schema(source_db, generated.name)
            assert beside(target_db) == []

    is_copied()
