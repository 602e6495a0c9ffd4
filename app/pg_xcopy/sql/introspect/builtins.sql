-- The names of the server's own types, functions and collations: another version or operating system may lack some.
SELECT ARRAY(SELECT typname::text FROM pg_catalog.pg_type
             WHERE typnamespace = 'pg_catalog'::regnamespace AND typcategory <> 'A' AND typrelid = 0)::text[] AS types,
       ARRAY(SELECT DISTINCT proname::text FROM pg_catalog.pg_proc
             WHERE pronamespace = 'pg_catalog'::regnamespace)::text[] AS functions,
       ARRAY(SELECT collname::text FROM pg_catalog.pg_collation
             WHERE collnamespace = 'pg_catalog'::regnamespace
               AND collencoding IN (-1, (SELECT encoding FROM pg_catalog.pg_database
                                         WHERE datname = current_database())))::text[] AS collations
