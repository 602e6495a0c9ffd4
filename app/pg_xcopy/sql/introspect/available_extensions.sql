-- Extensions that could be created: their files are on the server. `schema` is where one must live, if it says so.
SELECT a.name::text AS name,
       v.schema::text AS schema,
       v.relocatable AS relocatable,
       -- the objects of a trusted one belong to the server's first superuser, whoever creates it
       NOT v.superuser OR pg_has_role(10::oid, 'USAGE') AS ours,
       coalesce(v.requires, '{}')::text[] AS requires
FROM pg_catalog.pg_available_extensions a
JOIN pg_catalog.pg_available_extension_versions v ON v.name = a.name AND v.version = a.default_version
ORDER BY 1
