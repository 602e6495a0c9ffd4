-- What the demo's shop holds: tables, partitions counted, and their rows; ANALYZE reads tables of this size whole.
SELECT count(*) AS tables, sum(reltuples)::bigint AS rows
FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'shop'::regnamespace
