-- on the target
SET search_path = "_xcopy_staging_a172cedcae47_r1", pg_temp;
CREATE SCHEMA "_xcopy_staging_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_staging_a172cedcae47_r1" IS 'pg-xcopy: staging schema for app; safe to drop when no run is under way';
CREATE TYPE "_xcopy_staging_a172cedcae47_r1"."mood" AS ENUM (
    'sad',
    'it''s fine',
    'happy'
);
CREATE DOMAIN "_xcopy_staging_a172cedcae47_r1"."positive" AS integer;
CREATE FUNCTION "_xcopy_staging_a172cedcae47_r1"."is_fine"(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE TABLE "_xcopy_staging_a172cedcae47_r1"."users" (
    "id" bigint GENERATED ALWAYS AS IDENTITY (
        SEQUENCE NAME "_xcopy_staging_a172cedcae47_r1"."users_id_seq" START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1) NOT NULL,
    "email" character varying(80),
    "mood" mood DEFAULT 'happy'::mood,
    "score" positive,
    "label" text GENERATED ALWAYS AS (upper((email)::text)) STORED
);
-- on the source
COPY (SELECT "id", CAST((
'user' || id || '@example.com' -- theirs
) AS character varying) AS "email", "mood", "score" FROM ONLY "app"."users" WHERE "email" ILIKE '%@example.com' AND "phone" IS NULL) TO STDOUT WITH (FORMAT binary);
-- on the target
BEGIN;
TRUNCATE ONLY "_xcopy_staging_a172cedcae47_r1"."users";
COPY "_xcopy_staging_a172cedcae47_r1"."users" ("id", "email", "mood", "score") FROM STDIN WITH (FORMAT binary, FREEZE);
COMMIT;
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ALTER COLUMN "email" SET NOT NULL;
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ADD CONSTRAINT "users_pkey" PRIMARY KEY (id);
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ADD CONSTRAINT "users_score_check" CHECK (is_fine(score));
CREATE UNIQUE INDEX "users_email_idx" ON "_xcopy_staging_a172cedcae47_r1"."users" USING btree (email);
ANALYZE "_xcopy_staging_a172cedcae47_r1"."users";
SELECT pg_catalog.setval('"_xcopy_staging_a172cedcae47_r1"."users_id_seq"'::regclass, 12345, true);
-- in one transaction
BEGIN;
CREATE SCHEMA "_xcopy_retired_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_retired_a172cedcae47_r1" IS 'pg-xcopy: retired schema for app; safe to drop when no run is under way';
ALTER TABLE app.users SET SCHEMA "_xcopy_retired_a172cedcae47_r1";
SET LOCAL search_path = "_xcopy_staging_a172cedcae47_r1", pg_temp;
ALTER FUNCTION "_xcopy_staging_a172cedcae47_r1"."is_fine"(integer) SET SCHEMA "app";
ALTER TYPE "_xcopy_staging_a172cedcae47_r1"."mood" SET SCHEMA "app";
ALTER TYPE "_xcopy_staging_a172cedcae47_r1"."positive" SET SCHEMA "app";
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" SET SCHEMA "app";
COMMIT;
DROP SCHEMA IF EXISTS "_xcopy_retired_a172cedcae47_r1" CASCADE;
DROP SCHEMA IF EXISTS "_xcopy_staging_a172cedcae47_r1" CASCADE;
