"""What the tests of all ways from server to server have in common."""

from __future__ import annotations

from contextlib import contextmanager

from copying import wait_until

from servers import Database

LEFT = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pg-xcopy%%' AND datname = current_database()"
SHOP = """
    CREATE SCHEMA app; SET search_path = app;
    CREATE TABLE users (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text,
                        twice int GENERATED ALWAYS AS (7) STORED);
    CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, note text);
    INSERT INTO users (email) SELECT 'u' || n FROM generate_series(1, 5) AS n;
    INSERT INTO orders SELECT n, n, 'n' || n FROM generate_series(1, 5) AS n"""
SLEEPING = """SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'
    AND application_name LIKE 'pg-xcopy%%' AND datname = current_database()"""
STRANGE = {
    "DateStyle": "German",
    "TimeZone": "Asia/Tokyo",
    "IntervalStyle": "sql_standard",
    "bytea_output": "escape",
    "extra_float_digits": "-5",
    "statement_timeout": "1ms",
    "standard_conforming_strings": "off",
}
VALUES = r"""
    CREATE SCHEMA app; SET search_path = app;
    CREATE TYPE mood AS ENUM ('sad', 'it''s fine', 'ok\');
    CREATE DOMAIN short AS varchar(5) CHECK (length(VALUE) < 5);
    CREATE TYPE pair AS (a int, b text);
    CREATE TABLE t (id int PRIMARY KEY, a text, b bytea, c float8, d timestamptz, e numeric, f mood, g short, h pair,
                    i pair[], j text[], k jsonb, l interval, m date, n char(4), o numeric(6,2), p mood[], q bool,
                    r "char", s bit(3), u tsrange, v inet, w money, x xml, y timestamp, z float4);
    INSERT INTO t VALUES
    (1, E'\\N', '\x00ff5c', 'NaN', '0044-03-15 12:00 BC', repeat('9', 1000)::numeric, 'it''s fine', 'abcd',
     (1, NULL),
     ARRAY[(1, 'x,"')::pair, NULL], ARRAY[NULL, 'NULL', '', '{'], '{"a": [1, null]}', '-1 mon 3 days -04:05:06.789',
     'infinity', 'ab', 1234.50, '{sad,NULL}', true, 'x', '101', '[2024-01-01,)', '::1', 12.3, '<a>b</a>',
     '-infinity', 'Infinity'),
    (2, E'tab\t line\n \\ back '' quote', '', '-0', '2024-02-03 04:05:06.789012+09', 1e-20, 'ok\', '', (NULL, ''), '{}',
     '{}', 'null', '0', '0001-01-01 BC', '', -0.01, '{}', false, '', '000', 'empty', '10.0.0.0/8', -1, '',
     'infinity', '1e-45'),
    (3, NULL, NULL, 0.1::float8 + 0.2, NULL, 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
     NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
    CREATE TABLE nothing (); INSERT INTO nothing DEFAULT VALUES; INSERT INTO nothing DEFAULT VALUES;
    CREATE TABLE empty (id int)"""


def rows_of(database, table="t"):
    return database.rows(f"SET extra_float_digits = 3; SELECT t::text FROM app.{table} AS t ORDER BY 1")


def settled(source, target):
    """Nothing of ours runs any more, and the target knows of no server and no mapping."""
    wait_until(lambda: source.value(LEFT) == target.value(LEFT) == 0, seconds=30)
    return target.value("SELECT (SELECT count(*) FROM pg_foreign_server) + (SELECT count(*) FROM pg_user_mapping)") == 0


@contextmanager
def strangely_set(database):
    """Have a database set everything otherwise; said from elsewhere, as its own sessions have no time for anything."""
    elsewhere = Database(database.server, "postgres")
    for name, value in STRANGE.items():
        elsewhere.execute(f"ALTER DATABASE {database.name} SET {name} = '{value}'")
    yield
    elsewhere.execute(f"ALTER DATABASE {database.name} RESET ALL")
