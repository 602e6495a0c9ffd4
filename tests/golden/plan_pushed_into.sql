-- on the target
SET search_path = "app", "ext", "public", pg_temp;
SET row_security = 'on';
SET synchronous_commit = 'on';
SET default_toast_compression = 'lz4';
CREATE SCHEMA "_xcopy_landing_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_landing_a172cedcae47_r1" IS 'pg-xcopy: landing schema for app; safe to drop when no run is under way';
CREATE UNLOGGED TABLE "_xcopy_landing_a172cedcae47_r1"."_xcopy_1" (
    "id" bigint,
    "email" text,
    "mood" feeling
);
CREATE UNLOGGED TABLE "_xcopy_landing_a172cedcae47_r1"."_xcopy_2" (
    "id" numeric,
    "at" date,
    "user_id" bigint
);
-- on the source, in each transaction that sends rows
DO $xcopy$
DECLARE
    route json := convert_from(decode(current_setting('xcopy.route'), 'hex'), 'UTF8');
    temporary text := 'xcopy_temporary_' || pg_backend_pid();
BEGIN
    EXECUTE format('CREATE SERVER %I FOREIGN DATA WRAPPER postgres_fdw OPTIONS (%s)', temporary, (
        SELECT string_agg(format('%I %L', key, CASE key WHEN 'application_name' THEN value || ' ' || pg_backend_pid() ELSE value END), ', ')
        FROM json_each_text(route -> 'server')));
    BEGIN
        EXECUTE format('CREATE USER MAPPING FOR CURRENT_USER SERVER %I OPTIONS (%s)', temporary, (
            SELECT string_agg(format('%I %L', key, value), ', ') FROM json_each_text(route -> 'mapping')));
    EXCEPTION WHEN OTHERS THEN
        RAISE EXCEPTION USING ERRCODE = SQLSTATE, MESSAGE = SQLERRM;
    END;
END $xcopy$;
-- on the target
BEGIN;
-- on the source
DROP FOREIGN TABLE IF EXISTS "pg_temp"."_xcopy_foreign_1";
DO 'BEGIN EXECUTE ''CREATE FOREIGN TABLE "pg_temp"."_xcopy_foreign_1" ("id" bigint, "email" text, "mood" text) SERVER xcopy_temporary_'' || pg_backend_pid() || '' OPTIONS (schema_name ''''_xcopy_landing_a172cedcae47_r1'''', table_name ''''_xcopy_1'''', "batch_size" ''''1000'''')''; END';
INSERT INTO "pg_temp"."_xcopy_foreign_1" ("id", "email", "mood")
SELECT CAST("id" AS bigint) AS "id", CAST((
'user' || id || '@example.com' -- theirs
) AS text) AS "email", CAST("mood" AS text) AS "mood" FROM ONLY "app"."users" WHERE "email" ILIKE '%@example.com' AND "phone" IS NULL;
-- on the source
DROP FOREIGN TABLE IF EXISTS "pg_temp"."_xcopy_foreign_1";
DO 'BEGIN EXECUTE ''CREATE FOREIGN TABLE "pg_temp"."_xcopy_foreign_1" ("id" numeric, "at" date, "user_id" bigint) SERVER xcopy_temporary_'' || pg_backend_pid() || '' OPTIONS (schema_name ''''_xcopy_landing_a172cedcae47_r1'''', table_name ''''_xcopy_2'''', "batch_size" ''''1000'''')''; END';
INSERT INTO "pg_temp"."_xcopy_foreign_1" ("id", "at", "user_id")
SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2023"
UNION ALL SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2024";
-- on the target
TRUNCATE ONLY "app"."users", ONLY "app"."orders";
INSERT INTO "app"."users" AS stands ("id", "email", "mood") OVERRIDING SYSTEM VALUE
SELECT "id", "email", "mood" FROM "_xcopy_landing_a172cedcae47_r1"."_xcopy_1";
INSERT INTO "app"."orders" AS stands ("id", "at", "user_id") OVERRIDING SYSTEM VALUE
SELECT "id", "at", "user_id" FROM "_xcopy_landing_a172cedcae47_r1"."_xcopy_2";
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_catalog.setval('"app"."users_id_seq"', held.furthest)
FROM (SELECT pg_catalog.max("id")::pg_catalog.int8 AS furthest FROM "app"."users"
      WHERE "id" BETWEEN 1 AND 2147483647) AS held, "app"."users_id_seq" AS stands
WHERE held.furthest > stands.last_value OR held.furthest = stands.last_value AND NOT stands.is_called;
COMMIT;
DROP SCHEMA IF EXISTS "_xcopy_landing_a172cedcae47_r1" CASCADE;
ANALYZE "app"."users";
ANALYZE "app"."orders";
