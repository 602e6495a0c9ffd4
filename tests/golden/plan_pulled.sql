-- on the target
SET search_path = "_xcopy_staging_a172cedcae47_r1", "app", "public", pg_temp;
CREATE SCHEMA "_xcopy_staging_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_staging_a172cedcae47_r1" IS 'pg-xcopy: staging schema for app; safe to drop when no run is under way';
CREATE SEQUENCE "_xcopy_staging_a172cedcae47_r1"."orders_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1;
CREATE TYPE "_xcopy_staging_a172cedcae47_r1"."mood" AS ENUM (
    'sad',
    'it''s fine',
    'happy'
);
CREATE DOMAIN "_xcopy_staging_a172cedcae47_r1"."positive" AS integer;
CREATE FUNCTION "_xcopy_staging_a172cedcae47_r1"."is_fine"(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TABLE "_xcopy_staging_a172cedcae47_r1"."orders" (
    "id" integer DEFAULT nextval('orders_id_seq'::regclass),
    "at" date NOT NULL,
    "user_id" bigint
)
PARTITION BY RANGE (at);
CREATE TABLE "_xcopy_staging_a172cedcae47_r1"."orders 2023" (
    "id" integer DEFAULT nextval('orders_id_seq'::regclass),
    "at" date NOT NULL,
    "user_id" bigint
);
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."orders" ATTACH PARTITION "_xcopy_staging_a172cedcae47_r1"."orders 2023" FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
ALTER SEQUENCE "_xcopy_staging_a172cedcae47_r1"."orders_id_seq" OWNED BY "_xcopy_staging_a172cedcae47_r1"."orders"."id";
CREATE TABLE "_xcopy_staging_a172cedcae47_r1"."users" (
    "id" bigint GENERATED ALWAYS AS IDENTITY (
        SEQUENCE NAME "_xcopy_staging_a172cedcae47_r1"."users_id_seq" START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1) NOT NULL,
    "email" character varying(80) NOT NULL,
    "mood" mood DEFAULT 'happy'::mood,
    "score" positive,
    "label" text GENERATED ALWAYS AS (upper((email)::text)) STORED
);
-- on the target, in each transaction that takes rows
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
DROP FOREIGN TABLE IF EXISTS "pg_temp"."_xcopy_foreign_1";
DO 'BEGIN EXECUTE ''CREATE FOREIGN TABLE "pg_temp"."_xcopy_foreign_1" ("id" integer, "at" date, "user_id" bigint) SERVER xcopy_temporary_'' || pg_backend_pid() || '' OPTIONS (schema_name ''''app'''', table_name ''''orders 2023'''', "fetch_size" ''''1024'''')''; END';
INSERT INTO "_xcopy_staging_a172cedcae47_r1"."orders 2023" ("id", "at", "user_id") OVERRIDING SYSTEM VALUE
SELECT "id", "at", "user_id" FROM "pg_temp"."_xcopy_foreign_1";
-- on the target
DROP FOREIGN TABLE IF EXISTS "pg_temp"."_xcopy_foreign_1";
DO 'BEGIN EXECUTE ''CREATE FOREIGN TABLE "pg_temp"."_xcopy_foreign_1" ("id" bigint, "email" character varying(80), "mood" mood, "score" positive, "phone" text, "label" text) SERVER xcopy_temporary_'' || pg_backend_pid() || '' OPTIONS (schema_name ''''app'''', table_name ''''users'''', "fetch_size" ''''10000'''')''; END';
INSERT INTO "_xcopy_staging_a172cedcae47_r1"."users" ("id", "email", "mood", "score") OVERRIDING SYSTEM VALUE
SELECT "id", "email", "mood", "score" FROM "pg_temp"."_xcopy_foreign_1" WHERE "phone" IS NULL;
ANALYZE "_xcopy_staging_a172cedcae47_r1"."orders 2023";
ANALYZE "_xcopy_staging_a172cedcae47_r1"."orders";
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ADD CONSTRAINT "users_pkey" PRIMARY KEY (id);
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ADD CONSTRAINT "users_score_check" CHECK (is_fine(score));
CREATE UNIQUE INDEX "users_email_idx" ON "_xcopy_staging_a172cedcae47_r1"."users" USING btree (email);
ANALYZE "_xcopy_staging_a172cedcae47_r1"."users";
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."orders" ADD CONSTRAINT "orders_user_fkey" FOREIGN KEY (user_id) REFERENCES users(id);
SELECT pg_catalog.setval('"_xcopy_staging_a172cedcae47_r1"."orders_id_seq"'::regclass, 99, false);
SELECT pg_catalog.setval('"_xcopy_staging_a172cedcae47_r1"."users_id_seq"'::regclass, 12345, true);
-- in one transaction
BEGIN;
ALTER SCHEMA "_xcopy_staging_a172cedcae47_r1" RENAME TO "app";
COMMENT ON SCHEMA "app" IS NULL;
COMMIT;
DROP SCHEMA IF EXISTS "_xcopy_retired_a172cedcae47_r1" CASCADE;
DROP SCHEMA IF EXISTS "_xcopy_staging_a172cedcae47_r1" CASCADE;
