-- Extensions that could be created: their files are on the server.
SELECT name::text FROM pg_catalog.pg_available_extensions ORDER BY 1
