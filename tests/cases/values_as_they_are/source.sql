CREATE TABLE texts (id int PRIMARY KEY, t text);
INSERT INTO texts VALUES
    (1, ''), (2, NULL), (3, '\N'), (4, E'a\tb\nc\rd\\e'), (5, '\.'), (6, E'\u00e9\U0001f418'), (7, repeat('x', 100000)),
    (8, '"quoted", ''twice''');
CREATE TABLE numbers (id int PRIMARY KEY, f float8, g real, n numeric, m money, i interval, d date, z timestamptz, b bytea);
INSERT INTO numbers VALUES
    (1, 'NaN', '-Infinity', 'NaN', 12.34, '1 year -2 days 03:04:05.6', 'infinity', '-infinity', '\x00'),
    (2, 0.1::float8 + 0.2::float8, 0.1, 1e-30, -5, '-1 mon', '4713-01-01 BC', '2023-03-26 01:30:00.000001+01', '\xdeadbeef');
CREATE TABLE empty_one (id int);
CREATE TABLE no_columns ();
INSERT INTO no_columns DEFAULT VALUES; INSERT INTO no_columns DEFAULT VALUES;
