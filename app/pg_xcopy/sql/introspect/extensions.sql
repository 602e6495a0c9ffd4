-- The installed extensions and where each of them lives; read first, because their schemas belong on the search_path.
SELECT e.extname::text AS name, n.nspname::text AS schema, e.extversion::text AS version,
       e.extrelocatable AS relocatable,
       -- to move one takes its owner and that of all its objects, who differ where a role created a trusted one
       pg_has_role(e.extowner, 'USAGE')
           AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                           LEFT JOIN pg_catalog.pg_proc p
                                  ON d.classid = 'pg_catalog.pg_proc'::regclass AND p.oid = d.objid
                           LEFT JOIN pg_catalog.pg_type t
                                  ON d.classid = 'pg_catalog.pg_type'::regclass AND t.oid = d.objid
                           LEFT JOIN pg_catalog.pg_class c
                                  ON d.classid = 'pg_catalog.pg_class'::regclass AND c.oid = d.objid
                           WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.refobjid = e.oid
                             AND d.deptype = 'e'
                             AND NOT pg_has_role(coalesce(p.proowner, t.typowner, c.relowner), 'USAGE')) AS ours
FROM pg_catalog.pg_extension e
JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
ORDER BY e.extname
