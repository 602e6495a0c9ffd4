"""Tables of unusual shapes: as wide as may be, without columns, with columns that were dropped, with huge values."""

from __future__ import annotations

import pytest
from copying import copy, job_of
from processes import finished

from judge import read_schema

WIDEST = 1600
HUGE = 200_000_000


def same(source, target):
    assert read_schema(target, "app") == read_schema(source, "app")


def test_as_many_columns_as_a_table_may_have(source_db, target_db):
    """PostgreSQL manual, appendix K: 1,600. Their names are as long as names may be, which is 100 kB a statement."""
    names = [f"column {number:04d} ".ljust(61, "x") + "é" for number in range(WIDEST)]
    columns = ", ".join(f'"{name}" int' + " NOT NULL DEFAULT 7" * (number % 2) for number, name in enumerate(names))
    filled = ", ".join(f'"{name}"' for name in names[:500])
    source_db.execute(f"""
        CREATE SCHEMA app; CREATE TABLE app.wide ({columns});
        INSERT INTO app.wide DEFAULT VALUES;
        INSERT INTO app.wide ({filled}) SELECT {", ".join(["n"] * 500)} FROM generate_series(1, 50) AS n""")

    copy(source_db, target_db)

    assert target_db.value("SELECT count(*) FROM app.wide") == 51
    same(source_db, target_db)


def test_as_many_columns_under_transform(source_db, target_db):
    columns = ", ".join(f"c{number} int" for number in range(WIDEST))
    source_db.execute(f"CREATE SCHEMA app; CREATE TABLE app.wide ({columns}); INSERT INTO app.wide DEFAULT VALUES")
    changed = {f"c{number}": None if number % 2 else f"{number % 100}" for number in range(WIDEST)}

    copy(source_db, target_db, {"wide": {"transform": changed}})

    assert target_db.rows("SELECT * FROM app.wide") == [tuple(number % 100 for number in range(0, WIDEST, 2))]


def test_no_columns(source_db, target_db):
    source_db.execute("""
        CREATE SCHEMA app; CREATE TABLE app.empty (); CREATE TABLE app.full ();
        INSERT INTO app.full SELECT FROM generate_series(1, 5)""")

    result = copy(source_db, target_db)

    assert {table.table: table.rows for table in result.tables} == {"app.empty": 0, "app.full": 5}
    same(source_db, target_db)


def test_columns_that_were_dropped(source_db, target_db):
    """At the beginning, between, at the end, all of them; and one that came later, with a default for the old rows."""
    source_db.execute("""
        CREATE SCHEMA app;
        CREATE TABLE app.things (gone int, a int, dropped text, b text DEFAULT 'b', last int UNIQUE);
        INSERT INTO app.things SELECT n, n, repeat('x', 3000), 'b' || n, n FROM generate_series(1, 100) AS n;
        ALTER TABLE app.things DROP gone, DROP dropped, DROP last, ADD late text NOT NULL DEFAULT E'late\\n\\\\',
                               ADD PRIMARY KEY (b, a), ADD twice int GENERATED ALWAYS AS (a * 2) STORED;
        INSERT INTO app.things (a, b, late) VALUES (0, '', '');
        CREATE TABLE app.bare (a int, b int); INSERT INTO app.bare VALUES (1, 2), (3, 4);
        ALTER TABLE app.bare DROP a, DROP b;
        CREATE TABLE app.pieces (gone int, a int, b text) PARTITION BY LIST (a);
        ALTER TABLE app.pieces DROP gone;
        CREATE TABLE app.piece (b text, lost int, a int);
        ALTER TABLE app.piece DROP lost;
        ALTER TABLE app.pieces ATTACH PARTITION app.piece FOR VALUES IN (1);
        INSERT INTO app.pieces VALUES (1, 'one')""")

    copy(source_db, target_db)

    same(source_db, target_db)
    assert target_db.value("SELECT count(*) FROM ONLY app.bare") == 2
    assert target_db.rows("SELECT a, b FROM app.pieces") == [(1, "one")]


@pytest.mark.timeout(120)
def test_a_huge_value(source_db, target_db):
    r"""Two hundred million characters, and all that COPY escapes among them; the driver holds them more than once."""
    source_db.execute(f"""
        CREATE SCHEMA app; CREATE TABLE app.things (id int, body text);
        ALTER TABLE app.things ALTER body SET STORAGE EXTERNAL;
        INSERT INTO app.things
        VALUES (1, rpad('', {HUGE}, E'é \\\\N \\t\\n\\\\.\\n ' || repeat('x', 90))), (2, 'small')""")

    done = finished(job_of(source_db, target_db))

    assert done["rows"] == 2
    assert done["peak_kib"] * 1024 < 4 * HUGE
    check = "SELECT id, length(body), md5(body) FROM app.things ORDER BY id"
    assert target_db.rows(check) == source_db.rows(check)
