-- What PostgreSQL 14 brought, into schema app.
SET search_path = app, public;
CREATE TYPE since_14_range AS RANGE (SUBTYPE = float8, MULTIRANGE_TYPE_NAME = since_14_ranges);
CREATE FUNCTION since_14_next(i int) RETURNS int LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT i + 1; END;
CREATE FUNCTION since_14_name(t text) RETURNS text LANGUAGE sql IMMUTABLE RETURN lower(t) || since_14_next(2);
CREATE TABLE since_14 (
    a int DEFAULT since_14_next(3) CHECK (since_14_next(a) > 0), many int4multirange, own since_14_ranges,
    t text COMPRESSION pglz, doc jsonb, p point, taken jsonb GENERATED ALWAYS AS (doc['a']) STORED,
    at timestamptz DEFAULT date_bin('1 day', '2024-01-01 12:00+00', '2001-01-01')
) WITH (vacuum_index_cleanup = auto);
CREATE INDEX ON since_14 (since_14_name(t));
CREATE INDEX ON since_14 USING brin (a int4_minmax_multi_ops (values_per_range = 16));
CREATE INDEX ON since_14 USING brin (t text_bloom_ops);
CREATE INDEX ON since_14 USING spgist (p) INCLUDE (a);
CREATE STATISTICS since_14_st ON (a + 1), t FROM since_14;
CREATE STATISTICS since_14_year ON (extract(year FROM at AT TIME ZONE 'UTC')), a FROM since_14;
INSERT INTO since_14 (many, own, t, doc) SELECT '{[1,2],[5,9]}', '{[1,2]}', 't', '{"a": 1}' FROM generate_series(1, 10);
