"""The data that is copied: tables as SQL, the rows of each at scale 1, and which of them a database has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from servers import Database


@dataclass(frozen=True)
class Table:
    """`fill` is a statement with {rows} in it; `keys` are the indexes it has where a data set has keys."""

    name: str
    create: str
    fill: str
    rows: int
    keys: str


@dataclass(frozen=True)
class Dataset:
    """A database: tables, or a script with {count} in it that makes `count` of something."""

    name: str
    tables: tuple[Table, ...] = ()
    keys: bool = False
    script: str = ""
    count: int = 0
    scaled: bool = True

    def build(self, database: Database, scale: float) -> None:
        """Fill an empty database; what is random is the same each time."""
        for table in self.tables:
            rows = scaled(table.rows, scale)
            database.execute(f"SELECT setseed(0.5); {table.create}; {table.fill.format(rows=rows)}")
            if self.keys:
                database.execute(table.keys)
        if self.script:
            count = scaled(self.count, scale) if self.scaled else self.count
            database.execute(self.script.replace("{count}", str(count)))
        database.execute("VACUUM (FREEZE, ANALYZE)")


def scaled(number: int, scale: float) -> int:
    return max(1, round(number * scale))


# As pgbench makes it: 2 million rows are 256 MB.
NARROW = Table(
    "narrow",
    "CREATE TABLE narrow (aid int NOT NULL, bid int, abalance int, filler char(84))",
    "INSERT INTO narrow SELECT n, n / 100000 + 1, 0, '' FROM generate_series(1, {rows}) AS n",
    2_000_000,
    "ALTER TABLE narrow ADD PRIMARY KEY (aid)",
)

# What an application has, 13 columns: 1.5 million rows are 419 MB.
MIXED = Table(
    "mixed",
    """
    CREATE TABLE mixed (
        id int NOT NULL, account uuid NOT NULL, name text NOT NULL, email text, note text, city text,
        amount numeric(12,2), score float8, created_at timestamptz NOT NULL, born date, active bool,
        data jsonb, numbers int[])
    """,
    """
    INSERT INTO mixed
    SELECT n, md5(n::text)::uuid, 'Name ' || n, 'User.' || n || '@Example.com', repeat(md5((-n)::text), 2),
           (ARRAY['Berlin', 'Łódź', '東京', 'São Paulo', 'New York'])[1 + n % 5], (n % 1000000) / 7.0, sqrt(n),
           timestamptz '2023-01-01' + n * interval '1 second', date '1950-01-01' + n % 20000, n % 3 > 0,
           jsonb_build_object('n', n, 'tags', jsonb_build_array('a', n % 10)), ARRAY[n, n % 10, n % 100]
    FROM generate_series(1, {rows}) AS n
    """,
    1_500_000,
    "ALTER TABLE mixed ADD PRIMARY KEY (id); CREATE INDEX ON mixed (created_at)",
)

# Prose of words that come again, so that it compresses as prose does: 20,000 rows are 163 MB.
DOCUMENTS = Table(
    "documents",
    "CREATE TABLE documents (id int NOT NULL, title text, body text, summary text)",
    """
    CREATE TEMP TABLE word AS
    SELECT n AS id, translate(left(md5(n::text), 2 + n % 9), '0123456789abcdef', 'etaoinshrdlucmfw') AS word
    FROM generate_series(0, 299) AS n;
    CREATE TEMP TABLE paragraph (id int PRIMARY KEY, body text);
    INSERT INTO paragraph
    SELECT p, string_agg(word, ' ' ORDER BY n)
    FROM (SELECT p, n, floor(300 * random() ^ 2)::int AS id
          FROM generate_series(0, 1999) AS p, generate_series(1, 70) AS n) AS drawn
    JOIN word USING (id) GROUP BY p;
    ANALYZE paragraph;
    INSERT INTO documents
    SELECT n, 'Document ' || n,
           (SELECT string_agg(body, E'\\n') FROM generate_series(1, 16) AS k
            JOIN paragraph ON id = (hashint8(n * 64::bigint + k) & 2147483647) % 2000),
           (SELECT string_agg(body, E'\\n') FROM generate_series(17, 32) AS k
            JOIN paragraph ON id = (hashint8(n * 64::bigint + k) & 2147483647) % 2000)
    FROM generate_series(1, {rows}) AS n
    """,
    20_000,
    "ALTER TABLE documents ADD PRIMARY KEY (id)",
)

# Each refers to the one before; each in a transaction of its own, whose locks a server has room for.
CHAIN = """
DO $$ BEGIN
    FOR i IN 1..{count} LOOP
        EXECUTE format('CREATE TABLE small_%1$s (
            id serial PRIMARY KEY, before int REFERENCES small_%2$s, name text NOT NULL, at timestamptz DEFAULT now())',
            i, greatest(i - 1, 1));
        EXECUTE format('CREATE INDEX ON small_%s (name)', i);
        EXECUTE format('INSERT INTO small_%s (before, name)
            SELECT n, ''name '' || n FROM generate_series(1, 10) AS n', i);
        COMMIT;
    END LOOP;
END $$
"""

THREE_TIMES_100 = """
DO $$ BEGIN
    FOR i IN 1..{count} LOOP
        EXECUTE format('CREATE TABLE t%s AS SELECT n AS id, md5(n::text) AS name FROM generate_series(1, 100) AS n', i);
        EXECUTE format('ALTER TABLE t%s ADD PRIMARY KEY (id)', i);
    END LOOP;
END $$
"""

ONE_VALUE = """
CREATE TABLE huge (id int NOT NULL, body text);
ALTER TABLE huge ALTER body SET STORAGE EXTERNAL;
INSERT INTO huge VALUES (1, repeat('0123456789', {count} / 10))
"""
HUGE_BYTES = 200_000_000

DATASETS = {
    made.name: made
    for made in (
        Dataset("narrow", (NARROW,)),
        Dataset("mixed", (MIXED,)),
        Dataset("documents", (DOCUMENTS,)),
        Dataset("linked", (MIXED,), script="CREATE EXTENSION postgres_fdw"),
        Dataset("keyed", (NARROW,), keys=True),
        Dataset("whole", (NARROW, MIXED, DOCUMENTS), keys=True),
        Dataset("thousand", script=CHAIN, count=1000),
        Dataset("twenty", script=CHAIN, count=20, scaled=False),
        Dataset("three", script=THREE_TIMES_100, count=3, scaled=False),
        Dataset("huge", script=ONE_VALUE, count=HUGE_BYTES),
    )
}
