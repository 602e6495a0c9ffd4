-- on the target
SET search_path = "_xcopy_staging_a172cedcae47_r1", "app", pg_temp;
CREATE SCHEMA "_xcopy_staging_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_staging_a172cedcae47_r1" IS 'pg-xcopy: staging schema for app; safe to drop when no run is under way';
ALTER DEFAULT PRIVILEGES FOR ROLE "worker" IN SCHEMA "_xcopy_staging_a172cedcae47_r1" GRANT SELECT ON TABLES TO "reader";
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
REVOKE ALL ON TABLE "_xcopy_staging_a172cedcae47_r1"."users" FROM "reader";
GRANT SELECT ON TABLE "_xcopy_staging_a172cedcae47_r1"."users" TO "reader";
-- in one transaction
BEGIN;
ALTER VIEW "app"."addresses" OWNER TO "worker";
SET LOCAL lock_timeout = '266ms';
LOCK TABLE ONLY "app"."orders", ONLY "app"."users" IN ACCESS EXCLUSIVE MODE;
CREATE SCHEMA "_xcopy_retired_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_retired_a172cedcae47_r1" IS 'pg-xcopy: retired schema for app; safe to drop when no run is under way';
ALTER TABLE "app"."orders" DROP CONSTRAINT "orders_user_fkey";
SET LOCAL search_path = "app", pg_temp;
ALTER TABLE "app"."users" SET SCHEMA "_xcopy_retired_a172cedcae47_r1";
SET LOCAL search_path = "_xcopy_staging_a172cedcae47_r1", "app", pg_temp;
ALTER FUNCTION "_xcopy_staging_a172cedcae47_r1"."is_fine"(integer) SET SCHEMA "app";
ALTER TYPE "_xcopy_staging_a172cedcae47_r1"."positive" SET SCHEMA "app";
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" SET SCHEMA "app";
SET LOCAL search_path = pg_temp;
CREATE OR REPLACE VIEW "app"."addresses" WITH (security_barrier='true') AS
 SELECT 1 FROM app.users;
ALTER TABLE "app"."orders" ADD CONSTRAINT "orders_user_fkey" FOREIGN KEY (user_id) REFERENCES app.users(id) NOT VALID;
COMMENT ON CONSTRAINT "orders_user_fkey" ON "app"."orders" IS 'who';
COMMIT;
ALTER TABLE "app"."orders" VALIDATE CONSTRAINT "orders_user_fkey";
DROP SCHEMA IF EXISTS "_xcopy_retired_a172cedcae47_r1" CASCADE;
DROP SCHEMA IF EXISTS "_xcopy_staging_a172cedcae47_r1" CASCADE;
