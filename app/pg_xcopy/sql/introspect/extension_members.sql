-- What belongs to an extension, array types included, which are not members by themselves.
SELECT d.classid::regclass || ' ' || d.objid AS id, e.extname::text AS extension
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
UNION ALL
SELECT 'pg_type ' || t.typarray, e.extname::text
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
JOIN pg_catalog.pg_type t ON t.oid = d.objid
WHERE d.refclassid = 'pg_catalog.pg_extension'::regclass AND d.deptype = 'e'
  AND d.classid = 'pg_catalog.pg_type'::regclass AND t.typarray <> 0
