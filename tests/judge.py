"""A judge of copies that shares no code with the package: reads a schema from the catalog and compares two of them."""

from __future__ import annotations

from contextlib import closing

import psycopg2
from psycopg2.sql import SQL, Identifier, Literal

PINNED = """
SET client_min_messages = error; SET quote_all_identifiers = off;
SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC'; SET extra_float_digits = 3;
SET bytea_output = 'hex'; SET lc_monetary = 'C'; SET statement_timeout = 0; SET row_security = off;
SET idle_in_transaction_session_timeout = 0; SET standard_conforming_strings = on;
"""

TABLES = """
SELECT c.relname, c.relkind, c.relpersistence, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT p.relname::text FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno)
FROM pg_class c WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""

COLUMNS = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated,
       pg_get_expr(d.adbin, d.adrelid), l.collname
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation AND a.attcollation <> t.typcollation
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""

CONSTRAINTS = """
SELECT coalesce(c.relname, t.typname), k.conname, k.contype, pg_get_constraintdef(k.oid), k.convalidated
FROM pg_constraint k
LEFT JOIN pg_class c ON c.oid = k.conrelid
LEFT JOIN pg_type t ON t.oid = k.contypid
WHERE k.connamespace = %(schema)s::regnamespace AND k.contype IN ('p', 'u', 'x', 'c', 'f')
ORDER BY 1, 2, 4
"""

INDEXES = """
SELECT c.relname, x.relname, replace(pg_get_indexdef(i.indexrelid), c.relnamespace::regnamespace || '.', ''),
       i.indisvalid, p.relname
FROM pg_index i
JOIN pg_class x ON x.oid = i.indexrelid
JOIN pg_class c ON c.oid = i.indrelid
LEFT JOIN pg_inherits h ON h.inhrelid = x.oid
LEFT JOIN pg_class p ON p.oid = h.inhparent
WHERE c.relnamespace = %(schema)s::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1, 2
"""

SEQUENCES = """
SELECT c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       t.relname, a.attname, d.deptype
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE c.relnamespace = %(schema)s::regnamespace ORDER BY 1
"""

TYPES = """
SELECT t.typname, t.typtype, CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
       t.typnotnull, t.typdefault,
       ARRAY(SELECT e.enumlabel::text FROM pg_enum e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
       ARRAY(SELECT a.attname::text || ' ' || format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
             WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)
FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE t.typnamespace = %(schema)s::regnamespace AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') ORDER BY 1
"""

# Nothing depends on the order of rows; two rows that are the same count twice.
ROWS = """
SELECT count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint), 0)::text FROM ONLY {} AS t
"""

STRUCTURE = {
    "tables": TABLES,
    "columns": COLUMNS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "sequences": SEQUENCES,
    "types": TYPES,
}


def read_schema(database, schema):
    """Read all that a faithful copy has in common with its original, as plain values that can be compared."""
    with closing(
        psycopg2.connect(database.dsn, options="-c statement_timeout=0", client_encoding="UTF8")
    ) as connection:
        return _read(connection.cursor(), schema)


def _read(cursor, schema):
    with cursor:
        cursor.execute(PINNED)
        cursor.execute(SQL("SET search_path = {}, public").format(Identifier(schema)))
        found = {}
        for what, query in STRUCTURE.items():
            cursor.execute(query, {"schema": '"' + schema.replace('"', '""') + '"'})
            found[what] = cursor.fetchall()
        if what := [name for name, *_ in found["sequences"]]:
            found["positions"] = _positions(cursor, schema, what)
        found["rows"] = {name: _rows(cursor, schema, name) for name, kind, *_ in found["tables"] if kind == "r"}
        return found


def _positions(cursor, schema, names):
    found = {}
    for name in names:
        cursor.execute(SQL("SELECT last_value, is_called FROM {}").format(Identifier(schema, name)))
        found[name] = cursor.fetchone()
    return found


def _rows(cursor, schema, table):
    cursor.execute(SQL(ROWS).format(Identifier(schema, table)))
    return cursor.fetchone()


def access_of(database, schema):
    """Read owners, privileges, default privileges and comment, of the schema and of what stands in it."""
    return database.rows(
        SQL("""
        SELECT 'schema', nspname, pg_get_userbyid(nspowner), nspacl::text, obj_description(oid, 'pg_namespace')
        FROM pg_namespace WHERE nspname = {schema}
        UNION ALL
        SELECT 'default', defaclobjtype::text, pg_get_userbyid(defaclrole), defaclacl::text, NULL
        FROM pg_default_acl WHERE defaclnamespace = {schema}::regnamespace
        UNION ALL
        SELECT relkind::text, relname, pg_get_userbyid(relowner), relacl::text, NULL
        FROM pg_class WHERE relnamespace = {schema}::regnamespace AND relkind IN ('r', 'p', 'S')
        UNION ALL
        SELECT 'column', attrelid::regclass || '.' || attname, NULL, attacl::text, NULL
        FROM pg_attribute WHERE attacl IS NOT NULL
             AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = {schema}::regnamespace)
        ORDER BY 1, 2, 3
        """).format(schema=Literal(schema))
    )
