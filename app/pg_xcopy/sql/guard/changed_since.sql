-- Of what this session has locked, tables whose file is another than in the snapshot: truncated or rewritten before.
SELECT c.relname::text AS name
FROM pg_catalog.pg_locks l
JOIN pg_catalog.pg_class c ON c.oid = l.relation
WHERE l.locktype = 'relation' AND l.pid = pg_backend_pid()
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = current_database())
  AND c.relkind IN ('r', 'm') AND c.relnamespace <> 'pg_catalog'::regnamespace
  AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid)
ORDER BY 1
