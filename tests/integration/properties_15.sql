-- What PostgreSQL 15 brought, into schema app.
SET search_path = app, public;
CREATE TABLE since_15 (
    a int, b int, rounded numeric(3, -2), small numeric(2, 4), PRIMARY KEY (a, b), UNIQUE NULLS NOT DISTINCT (rounded)
);
CREATE UNIQUE INDEX ON since_15 (small) NULLS NOT DISTINCT;
CREATE TABLE since_15_refs (a int, b int, FOREIGN KEY (a, b) REFERENCES since_15 ON DELETE SET NULL (b));
CREATE UNLOGGED TABLE since_15_fast (id serial, i int GENERATED ALWAYS AS IDENTITY);
INSERT INTO since_15 VALUES (1, 2, 12300, 0.0012), (1, 3, NULL, NULL);
INSERT INTO since_15_refs VALUES (1, 2);
