CREATE TABLE people (
    born date, name text, id bigint PRIMARY KEY, tags varchar[], source text NOT NULL,
    label text GENERATED ALWAYS AS (name || '!') STORED, since int NOT NULL DEFAULT 2024, maybe text
);
