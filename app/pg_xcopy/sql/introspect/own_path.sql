-- Where our role's own sessions look names up, and whether it may make temporary tables.
SET LOCAL search_path TO DEFAULT;
SELECT pg_catalog.current_schemas(false)::pg_catalog.text[] AS own_path,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY') AS may_make_temporary
