"""The demo's shop: large enough, with everything a copy can trip over, and the same at every run."""

from __future__ import annotations

from importlib.resources import as_file, files

import pytest
from psycopg2.sql import SQL, Identifier

TABLES = """
    SELECT relname FROM pg_class
    WHERE relnamespace = 'shop'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
    ORDER BY relname
"""

# What the shop has of each feature: a query that counts it, and how many it must find at least.
FEATURES = {
    "enum types": ("pg_type WHERE typtype = 'e' AND typnamespace = 'shop'::regnamespace", 2),
    "domains with a check": ("pg_constraint WHERE contypid = 'shop.email'::regtype", 1),
    "identity always": ("information_schema.columns WHERE identity_generation = 'ALWAYS'", 3),
    "identity by default": ("information_schema.columns WHERE identity_generation = 'BY DEFAULT'", 3),
    "serial columns": ("pg_depend WHERE deptype = 'a' AND classid = 'pg_class'::regclass AND objid IN"
                       " (SELECT oid FROM pg_class WHERE relkind = 'S')", 3),
    "standalone sequences": ("pg_sequences WHERE sequencename = 'order_number'", 1),
    "generated columns": ("information_schema.columns WHERE is_generated = 'ALWAYS'", 1),
    "partitions": ("pg_inherits WHERE inhparent = 'shop.events'::regclass", 12),
    "default partitions": ("pg_class WHERE pg_get_expr(relpartbound, oid) = 'DEFAULT'", 1),
    "jsonb columns": ("information_schema.columns WHERE table_schema = 'shop' AND data_type = 'jsonb'", 3),
    "array columns": ("information_schema.columns WHERE table_schema = 'shop' AND data_type = 'ARRAY'", 1),
    "self references": ("pg_constraint WHERE conrelid = confrelid AND contype = 'f'", 1),
    "composite foreign keys": ("pg_constraint WHERE contype = 'f' AND cardinality(conkey) > 1", 2),
    "composite primary keys": ("pg_constraint WHERE contype = 'p' AND cardinality(conkey) > 1", 1),
    "names with a space": ("pg_class WHERE relname = 'audit log'", 1),
    "unique constraints": ("pg_constraint WHERE contype = 'u'", 5),
    "check constraints": ("pg_constraint WHERE contype = 'c' AND connamespace = 'shop'::regnamespace", 5),
    "exclusion constraints": ("pg_constraint WHERE contype = 'x'", 1),
    "partial indexes": ("pg_index WHERE indpred IS NOT NULL", 1),
    "expression indexes": ("pg_index WHERE indexprs IS NOT NULL AND NOT indisexclusion", 1),
    "comments": ("pg_description WHERE classoid = 'pg_class'::regclass AND objoid > 16383", 4),
    "views": ("pg_class WHERE relkind = 'v' AND relnamespace = 'shop'::regnamespace", 1),
    "materialised views": ("pg_class WHERE relkind = 'm' AND relnamespace = 'shop'::regnamespace", 1),
}  # fmt: skip


def count(database, table):
    return database.value(SQL("SELECT count(*) FROM {}").format(Identifier("shop", table)))


def fingerprint(database, table):
    return database.value(
        SQL("SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM {} AS t").format(
            Identifier("shop", table)
        )
    )


def test_it_is_large_enough(shop):
    rows = {table: count(shop, table) for table in shop.column(TABLES)}

    assert len(rows) >= 12
    assert min(rows.values()) > 0
    assert sum(rows.values()) >= 300_000


@pytest.mark.parametrize("feature", FEATURES)
def test_it_has_everything_that_a_copy_can_trip_over(shop_template, feature):
    query, at_least = FEATURES[feature]

    assert shop_template.value(f"SELECT count(*) FROM {query}") >= at_least


def test_forty_tenants_and_one_year(shop_template):
    assert shop_template.value("SELECT count(DISTINCT tenant_id) FROM shop.users") == 40
    years = "SELECT array_agg(DISTINCT extract(year FROM created_at)::int) FROM shop.{}"
    for table in ("users", "orders", "events", "reviews", "products"):
        assert shop_template.value(years.format(table)) == [2023]


def test_sequences_go_on_after_the_last_row(shop):
    shop.execute("INSERT INTO shop.tenants (name) VALUES ('The next one')")

    assert shop.value("SELECT max(id) FROM shop.tenants") == 41


def test_the_oldest_server_makes_the_same_rows(shop_template, server_of, new_database):
    again = new_database(server_of(12))
    with as_file(files("pg_xcopy.demo") / "shop.sql") as script:
        again.load(script)

    for table in shop_template.column(TABLES):
        assert fingerprint(again, table) == fingerprint(shop_template, table), table


def test_two_runs_make_the_same_rows(shop_template, source_server, new_database):
    again = new_database(source_server)
    with as_file(files("pg_xcopy.demo") / "shop.sql") as script:
        again.load(script)

    for table in shop_template.column(TABLES):
        assert fingerprint(again, table) == fingerprint(shop_template, table), table
