-- What the planner has to know about the server and about us in it.
SELECT current_setting('server_version_num')::int AS version,
       current_database()::text AS database,
       current_user::text AS role,
       current_setting('server_encoding')::text AS encoding,
       pg_has_role(10::oid, 'USAGE') AS superuser,
       pg_is_in_recovery() AS in_recovery,
       coalesce((SELECT enumvals FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression'), '{}')::text[]
           AS compressions,
       coalesce(current_setting('max_parallel_maintenance_workers', true), '0')::int AS helpers,
       (extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint::text AS instance,
       EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata) AS large_objects,
       has_database_privilege(current_database(), 'CREATE') AS may_create_schemas
