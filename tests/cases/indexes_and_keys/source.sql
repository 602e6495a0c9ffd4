CREATE TABLE rooms (
    id int, building text, floor int, during tstzrange, doc jsonb, name text COLLATE "C",
    PRIMARY KEY (building, id) INCLUDE (floor),
    UNIQUE (name) DEFERRABLE INITIALLY DEFERRED,
    CHECK (floor > -3) NO INHERIT,
    EXCLUDE USING gist (during WITH &&)
);
CREATE TABLE desks (
    id int PRIMARY KEY, building text, room int,
    FOREIGN KEY (building, room) REFERENCES rooms (building, id) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE
);
CREATE UNIQUE INDEX rooms_lower ON rooms (lower(name) DESC NULLS LAST) WHERE floor > 0;
CREATE INDEX rooms_doc ON rooms USING gin (doc jsonb_path_ops);
CREATE INDEX rooms_hash ON rooms USING hash (floor);
CREATE INDEX rooms_brin ON rooms USING brin (id) WITH (pages_per_range = 32);
INSERT INTO rooms VALUES (1, 'A', 1, '[2023-01-01,2023-01-02)', '{"a": 1}', 'x'), (2, 'A', 2, '[2023-01-02,)', NULL, 'y');
INSERT INTO desks VALUES (1, 'A', 1), (2, NULL, NULL);
