-- What PostgreSQL 13 brought, into schema app.
SET search_path = app, public;
CREATE TABLE since_13 (
    a int PRIMARY KEY WITH (deduplicate_items = off, fillfactor = 70), b int, words tsvector, x xid8, at timestamptz,
    UNIQUE (b) WITH (fillfactor = 60) DEFERRABLE INITIALLY DEFERRED
) WITH (autovacuum_vacuum_insert_threshold = 500, toast.autovacuum_vacuum_insert_scale_factor = 0.5, fillfactor = 80);
CREATE INDEX ON since_13 (b) WITH (fillfactor = 50, deduplicate_items = off) WHERE a > 0;
CREATE INDEX ON since_13 USING gist (words tsvector_ops (siglen = 100));
CREATE STATISTICS since_13_st (mcv) ON a, b FROM since_13;
ALTER STATISTICS since_13_st SET STATISTICS 77;
INSERT INTO since_13 SELECT i, i, 'a b', '7', '2024-01-01' FROM generate_series(1, 10) AS i;
