-- The schemas, and whether our role may use what is in them and create something there.
SELECT nspname::text AS name,
       has_schema_privilege(oid, 'USAGE') AS usable,
       has_schema_privilege(oid, 'CREATE') AS may_create
FROM pg_catalog.pg_namespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
ORDER BY nspname
