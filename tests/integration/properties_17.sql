-- What PostgreSQL 17 brought, into schema app.
SET search_path = app, public;
CREATE COLLATION since_17_builtin (PROVIDER = builtin, LOCALE = 'C.UTF-8');
CREATE TABLE since_17 (
    a text COLLATE since_17_builtin, c text COLLATE pg_c_utf8, at timestamp DEFAULT (now() AT LOCAL),
    forever interval DEFAULT 'infinity', doc jsonb CHECK (JSON_EXISTS(doc, '$.a')),
    taken int GENERATED ALWAYS AS (JSON_VALUE(doc, '$.a' RETURNING int)) STORED
);
CREATE TABLE since_17_parts (
    id int GENERATED ALWAYS AS IDENTITY, k int, during int4range, EXCLUDE USING gist (k WITH =, during WITH &&)
) PARTITION BY LIST (k);
CREATE TABLE since_17_parts_1 PARTITION OF since_17_parts FOR VALUES IN (1);
INSERT INTO since_17 (a, c, at, doc) VALUES ('a', 'c', '2024-01-01', '{"a": 5}');
INSERT INTO since_17_parts (k, during) VALUES (1, '[1,2]'), (1, '[7,9]');
