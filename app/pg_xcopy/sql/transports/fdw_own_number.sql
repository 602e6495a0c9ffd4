-- The number of the process that will connect to another server; a pool may have given us any.
SELECT pg_catalog.pg_backend_pid()
