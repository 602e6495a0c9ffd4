-- A table of all types, its values chosen to be spelled differently under other settings; another of defaults.
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE TYPE app.pair AS (at timestamptz, f float8);
CREATE TABLE app.things (
    id int PRIMARY KEY, f4 float4, f8 float8, n numeric, m money, t text, v varchar(20), c char(9), b bytea, bits bit(5),
    d date, ti time(6), tz timetz, ts timestamp, tstz timestamptz, i interval, yes boolean, u uuid, j json, jb jsonb, x xml,
    e app.mood, p app.pair, ia int[], ta text[], tsa timestamptz[], fa float8[], ba bytea[], pa app.pair[],
    ip inet, net cidr, mac macaddr, pt point, poly polygon, tsr tstzrange, nr numrange, tsv tsvector, tsq tsquery,
    lsn pg_lsn, o oid, ch "char", na name, path jsonpath
);
INSERT INTO app.things
SELECT n, 0.1::float4 + n, (ARRAY[0.1::float8 + 0.2, 1e-300, 'NaN', '-Infinity', 1.0 / 3])[1 + n % 5],
       12345678901234567890.123456789 / n, n * 1234.56::money, E'tab\t new\n line \\ \\. é 🐘 ' || n,
       'v' || n, 'c' || n, decode('00ff5c27' || lpad(to_hex(n), 8, '0'), 'hex'), n::bit(5),
       date '2024-03-04' + n, '12:34:56.789012', '12:34:56+05:45',
       timestamp '2024-10-11 12:13:14.151617' + n * interval '1 h',
       timestamptz '2024-03-10 01:30:00 America/New_York' + n * interval '1 h',
       interval '-1 year 2 mons -3 days 04:05:06.7' * n,
       n % 2 = 0, md5(n::text)::uuid, '{"a" : 1,  "a": "\u00e9"}', '{"b": [1.10, null, "\\"]}', xmlelement(name a, n),
       'ok', ROW(timestamptz '2024-01-02 03:04:05+00' + n * interval '1 day', 0.1 + n)::app.pair,
       ARRAY[n, NULL], ARRAY['', NULL, 'NULL', '"', '{}', E'\\'], ARRAY[timestamptz '2024-07-08 09:10:11+00'],
       ARRAY[0.1::float8 + 0.2, 'NaN'], ARRAY['\x005c'::bytea], ARRAY[ROW('2024-01-02 03:04:05+00', 0.1)::app.pair],
       '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03', point(0.1::float8 + 0.2, n), '((0,0),(0.1,1),(1,0.3))',
       tstzrange('2024-01-02 03:04:05+00', NULL), numrange(0.10, 1.1), to_tsvector('simple', 'a b ''c'''), 'a & !b',
       '16/B374D848', n, chr(64 + n % 26)::"char", 'name', '$."a"[*] ? (@ > 1)'
FROM generate_series(1, 60) AS n;
INSERT INTO app.things (id, d, ts, tstz, t) VALUES
    (100, 'infinity', '-infinity', 'infinity', ''), (101, '0044-03-15 BC', '0044-03-15 BC', '0044-03-15 BC', '\N'),
    (102, '5874897-12-31', '294276-12-31', '294276-12-31', NULL), (103, NULL, NULL, NULL, '\.');

CREATE TABLE app.defaults (
    d date DEFAULT '2024-03-04', t timestamptz DEFAULT '2024-03-04 05:06:07+00', i interval DEFAULT '1 day 2:03',
    f float8 DEFAULT 0.30000000000000004, b bytea DEFAULT '\xff00', s text DEFAULT E'\\ ''"', m app.mood DEFAULT 'sad',
    CHECK (t > '2000-01-01 00:00:00+05:30' AND d <> '2024-04-03' AND s <> '\')
);
INSERT INTO app.defaults DEFAULT VALUES;
