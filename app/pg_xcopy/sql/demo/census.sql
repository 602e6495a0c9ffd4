-- What the demo's shop holds: tables (partitions counted), partitions, and about how many rows.
SELECT count(*) AS tables,
       count(*) FILTER (WHERE relispartition) AS partitions,
       sum(reltuples)::bigint AS rows
FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'shop'::regnamespace
