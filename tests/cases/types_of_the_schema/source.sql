CREATE SCHEMA app;
SET search_path = app;
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE place AS (street text, number int);
CREATE TYPE floatrange AS RANGE (subtype = float8);
CREATE TYPE unused AS ENUM ('never');
CREATE FUNCTION is_short(t text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT length(t) < 10';
CREATE TABLE things (
    id positive PRIMARY KEY, mood mood NOT NULL DEFAULT 'happy', moods mood[], home place, span floatrange,
    matrix int[][], words varchar(5)[], doc jsonb, raw bytea, note text CHECK (is_short(note)), mask bit(4), at timestamptz
);
INSERT INTO things VALUES
    (1, 'it''s ok', '{sad,happy}', '("Main St, 1",5)', '[1.5,2.5)', '{{1,2},{3,NULL}}', '{a,"b,c",NULL}',
     '{"a": [1, null]}', '\x00ff5c', E'tab\there', B'0101', '2023-01-01 12:00:00.123456+02');
