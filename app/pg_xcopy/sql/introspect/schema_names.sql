-- The names of all schemas, for "did you mean".
SELECT nspname::text AS name
FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY nspname
