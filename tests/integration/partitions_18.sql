-- Exclusion constraints of partitioned tables, and keys in time; needs btree_gist
CREATE SCHEMA app; SET search_path = app, public;
CREATE TABLE booked (k int, d daterange, EXCLUDE USING gist (k WITH =, d WITH &&)) PARTITION BY LIST (k);
CREATE TABLE booked_1 PARTITION OF booked FOR VALUES IN (1);
CREATE TABLE times (
    k int, d daterange, v int, CONSTRAINT times_pk PRIMARY KEY (k, v, d WITHOUT OVERLAPS),
    CONSTRAINT times_u UNIQUE (v, k, d WITHOUT OVERLAPS)
) PARTITION BY LIST (k);
CREATE TABLE times_1 PARTITION OF times FOR VALUES IN (1);
CREATE TABLE times_2 PARTITION OF times FOR VALUES IN (2) PARTITION BY LIST (v);
CREATE TABLE times_2a PARTITION OF times_2 DEFAULT;
ALTER INDEX times_2_pkey RENAME TO "half ""way";
ALTER INDEX times_2a_pkey RENAME TO "'leaf";
COMMENT ON CONSTRAINT "'leaf" ON times_2a IS 'a part';
INSERT INTO times VALUES (1, '[2020-01-01,2020-02-01)', 1), (2, '[2020-01-01,2020-02-01)', 1);
CREATE TABLE within (k int, v int, d daterange, FOREIGN KEY (k, v, PERIOD d) REFERENCES times (k, v, PERIOD d));
INSERT INTO within VALUES (1, 1, '[2020-01-05,2020-01-09)');
