"""What the judge of structure leaves out: storage, statistics, comments, what CLUSTER and replication remember."""

from __future__ import annotations

from psycopg2.sql import SQL, Literal

# to_jsonb, because some of these columns are younger than the oldest server.
QUERIES = {
    "columns": """
        SELECT c.relname, a.attname, a.attstorage, nullif(to_jsonb(a) ->> 'attcompression', ''),
               nullif(a.attstattarget, -1),
               -- the server's own note, from 15.20 on
               (SELECT array_agg(o ORDER BY o)::text FROM unnest(a.attoptions) AS o WHERE o NOT LIKE 'pg_attver=%%'),
               a.attislocal
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = {schema}::regnamespace AND c.relkind IN ('r', 'p', 'i', 'I') AND a.attnum > 0
              AND NOT a.attisdropped
        ORDER BY 1, 2""",
    "not null constraints": """
        SELECT k.conrelid::regclass::text, k.conname, k.connoinherit, k.convalidated, k.conislocal, k.coninhcount
        FROM pg_constraint k WHERE k.connamespace = {schema}::regnamespace AND k.contype = 'n' ORDER BY 1, 2""",
    "handed down": """
        SELECT k.conrelid::regclass::text, k.conname, k.conislocal, k.coninhcount
        FROM pg_constraint k WHERE k.connamespace = {schema}::regnamespace AND k.contype = 'c' ORDER BY 1, 2""",
    "tables": """
        SELECT c.relname, c.relpersistence, c.reloptions::text, c.relreplident, c.reloftype::regtype::text,
               (SELECT t.reloptions::text FROM pg_class t WHERE t.oid = c.reltoastrelid)
        FROM pg_class c WHERE c.relnamespace = {schema}::regnamespace AND c.relkind IN ('r', 'p', 'S') ORDER BY 1""",
    "indexes": """
        SELECT indexrelid::regclass::text, indisclustered, indisreplident, indisvalid
        FROM pg_index JOIN pg_class c ON c.oid = indrelid
        WHERE c.relnamespace = {schema}::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1""",
    "statistics": """
        SELECT stxname, replace(pg_get_statisticsobjdef(oid), stxnamespace::regnamespace || '.', ''),
               nullif(to_jsonb(s) ->> 'stxstattarget', '-1')
        FROM pg_statistic_ext s WHERE stxnamespace = {schema}::regnamespace ORDER BY 1""",
    "collations": """
        SELECT collname, collprovider, collisdeterministic, to_jsonb(c) ->> 'collicurules',
               coalesce(to_jsonb(c) ->> 'colllocale', to_jsonb(c) ->> 'colliculocale', collcollate),
               CASE collprovider WHEN 'c' THEN collctype END
        FROM pg_collation c WHERE collnamespace = {schema}::regnamespace ORDER BY 1""",
    "ranges": """
        SELECT t.typname, r.rngsubtype::regtype::text, r.rngsubdiff::regproc::text,
               (to_jsonb(r) ->> 'rngmultitypid')::oid::regtype::text
        FROM pg_range r JOIN pg_type t ON t.oid = r.rngtypid
        WHERE t.typnamespace = {schema}::regnamespace ORDER BY 1""",
    "comments": """
        SELECT o.type, replace(o.identity, {schema} || '.', ''), d.description
        FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) o
        WHERE o.identity LIKE '%' || {schema} || '.%' ORDER BY 1, 2""",
}


def read_properties(database, schema):
    """Read them as plain values that can be compared; `schema` is a name that needs no quotes."""
    return {what: database.rows(SQL(query).format(schema=Literal(schema))) for what, query in PREPARED.items()}


PREPARED = {what: "SET search_path = {schema}, public; " + query for what, query in QUERIES.items()}
