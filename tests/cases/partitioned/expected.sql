SELECT tableoid::regclass::text, id, at FROM as_it_is.events ORDER BY id
-- as_it_is.events_2023_rest | 2 | 2023-05-01
-- as_it_is.events_2023_rest | 3 | 2023-06-01

SELECT count(*) FROM pg_index WHERE indrelid::regclass::text LIKE 'as_it_is.%'
-- 8

-- A row whose key is transformed goes where its new value belongs.
SELECT tableoid::regclass::text, id, at FROM moved.events ORDER BY id
-- moved.events_2023_rest | 1 | 2023-05-01

SELECT tableoid::regclass::text, id, note FROM flat.events ORDER BY id
-- flat.events | 1 | a
-- flat.events | 2 | b
-- flat.events | 3 | c

SELECT tableoid::regclass::text, id FROM without.events ORDER BY id
-- without.events_2023_rest | 2
-- without.events_2023_rest | 3

SELECT relname, relispartition FROM pg_class WHERE relnamespace = 'one'::regnamespace AND relkind = 'r'
-- events_2022 | False
