-- Indexes and keys of partitioned tables, attached as no rule of thumb would attach them
CREATE SCHEMA parts; CREATE SCHEMA app; SET search_path = app;
CREATE TABLE twins (x int, k int, v int DEFAULT 1) PARTITION BY LIST (k);
CREATE TABLE twins_a (v int DEFAULT 5, k int, x int);
CREATE TABLE twins_b (k int, x int, v int) PARTITION BY RANGE (x);
CREATE TABLE twins_b1 PARTITION OF twins_b DEFAULT;
CREATE INDEX a_other ON twins_a (v);
CREATE INDEX aaa_a ON twins_a (v);
CREATE INDEX zzz_b ON twins_b (v);
CREATE INDEX b_second ON twins_b (v) WITH (fillfactor = 50);
CREATE INDEX twins_v ON ONLY twins (v);
CREATE INDEX twins_v2 ON ONLY twins (v);
ALTER TABLE twins ATTACH PARTITION twins_a FOR VALUES IN (1);
ALTER TABLE twins ATTACH PARTITION twins_b FOR VALUES IN (2);
ALTER INDEX twins_v ATTACH PARTITION a_other;
ALTER INDEX twins_v ATTACH PARTITION zzz_b;
ALTER INDEX twins_v2 ATTACH PARTITION aaa_a;
ALTER INDEX twins_v2 ATTACH PARTITION b_second;
INSERT INTO twins SELECT i, 1 + i % 2, i FROM generate_series(1, 10) AS i;

-- Only some of the partitions have a part of the index, or of the key
CREATE TABLE half (x int NOT NULL, k int NOT NULL) PARTITION BY LIST (k);
CREATE TABLE half_1 PARTITION OF half FOR VALUES IN (1);
CREATE TABLE half_2 PARTITION OF half FOR VALUES IN (2);
CREATE INDEX half_x ON ONLY half (x);
CREATE INDEX half_1_x ON half_1 (x);
ALTER INDEX half_x ATTACH PARTITION half_1_x;
ALTER TABLE ONLY half ADD CONSTRAINT half_pk PRIMARY KEY (x, k);
ALTER TABLE half_1 ADD CONSTRAINT half_1_key PRIMARY KEY (x, k);
ALTER INDEX half_pk ATTACH PARTITION half_1_key;
INSERT INTO half VALUES (1, 1), (1, 2), (1, 2);

-- Keys at every level, of which one belongs to a branch alone, and a foreign key to all of it
CREATE TABLE deep (a int, b int, c int, CONSTRAINT deep_key PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE deep_1 PARTITION OF deep FOR VALUES IN (1, 2) PARTITION BY RANGE (b);
CREATE TABLE deep_11 PARTITION OF deep_1 FOR VALUES FROM (0) TO (10);
CREATE TABLE deep_12 PARTITION OF deep_1 DEFAULT;
CREATE TABLE deep_3 PARTITION OF deep DEFAULT;
ALTER TABLE deep_1 ADD CONSTRAINT branch_key UNIQUE (b, a);
CREATE UNIQUE INDEX deep_unique ON deep (b, a) INCLUDE (c);
COMMENT ON INDEX deep_unique IS 'all of it';
COMMENT ON CONSTRAINT deep_1_pkey ON deep_1 IS 'a part';
INSERT INTO deep SELECT i % 4, i, i FROM generate_series(1, 100) AS i;
CREATE TABLE to_deep (a int, b int, FOREIGN KEY (a, b) REFERENCES deep);
INSERT INTO to_deep SELECT a, b FROM deep;

-- A partition that lives elsewhere brings its comments and statistics
CREATE TABLE wide (id bigserial, k int, v text) PARTITION BY LIST (k);
CREATE TABLE parts.wide_1 PARTITION OF wide FOR VALUES IN (1);
CREATE STATISTICS parts.wide_kv ON k, v FROM parts.wide_1;
CREATE INDEX wide_1_v ON parts.wide_1 (v);
ALTER TABLE parts.wide_1 ADD CONSTRAINT positive CHECK (id > 0);
COMMENT ON TABLE parts.wide_1 IS 'a table';
COMMENT ON COLUMN parts.wide_1.k IS 'a column';
COMMENT ON INDEX parts.wide_1_v IS 'an index';
COMMENT ON STATISTICS parts.wide_kv IS 'statistics';
COMMENT ON CONSTRAINT positive ON parts.wide_1 IS 'a check';
INSERT INTO wide (k, v) VALUES (1, 'x');
