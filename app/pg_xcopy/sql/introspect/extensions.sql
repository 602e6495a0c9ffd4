-- The installed extensions and where each of them lives; read first, because their schemas belong on the search_path.
SELECT e.extname::text AS name, n.nspname::text AS schema, e.extversion::text AS version,
       e.extrelocatable AS relocatable, pg_has_role(e.extowner, 'USAGE') AS ours
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
ORDER BY e.extname
