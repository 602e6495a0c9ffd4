CREATE SCHEMA events;
CREATE TABLE events.visits (id int PRIMARY KEY, created_at timestamptz NOT NULL, updated_at timestamp);
CREATE TABLE events.pages (id int PRIMARY KEY, created_at date);
CREATE TABLE events.labels (name text);
INSERT INTO events.visits VALUES (1, '2023-06-01 10:00Z', '2023-06-01 11:30'), (2, '2023-05-31 00:00Z', NULL);
INSERT INTO events.pages VALUES (1, '2023-06-01');
INSERT INTO events.labels VALUES ('as it is');
