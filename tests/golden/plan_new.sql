-- on the target
SET search_path = "_xcopy_staging_a172cedcae47_r1", pg_temp;
CREATE SCHEMA "_xcopy_staging_a172cedcae47_r1";
COMMENT ON SCHEMA "_xcopy_staging_a172cedcae47_r1" IS 'pg-xcopy: staging schema for app; safe to drop when no run is under way';
CREATE SEQUENCE "_xcopy_staging_a172cedcae47_r1"."orders_id_seq" AS integer START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 CACHE 1;
CREATE TABLE "_xcopy_staging_a172cedcae47_r1"."orders" (
    "id" integer DEFAULT nextval('orders_id_seq'::regclass),
    "user_id" bigint
);
ALTER SEQUENCE "_xcopy_staging_a172cedcae47_r1"."orders_id_seq" OWNED BY "_xcopy_staging_a172cedcae47_r1"."orders"."id";
-- on the source
COPY (SELECT "id", "user_id" FROM ONLY "app"."orders 2023") TO STDOUT WITH (FORMAT binary);
-- on the target
COPY "_xcopy_staging_a172cedcae47_r1"."orders" ("id", "user_id") FROM STDIN WITH (FORMAT binary);
ANALYZE "_xcopy_staging_a172cedcae47_r1"."orders";
SELECT pg_catalog.setval('"_xcopy_staging_a172cedcae47_r1"."orders_id_seq"'::regclass, 99, false);
-- in one transaction
BEGIN;
ALTER SCHEMA "_xcopy_staging_a172cedcae47_r1" RENAME TO "app";
COMMENT ON SCHEMA "app" IS NULL;
COMMIT;
DROP SCHEMA IF EXISTS "_xcopy_retired_a172cedcae47_r1" CASCADE;
DROP SCHEMA IF EXISTS "_xcopy_staging_a172cedcae47_r1" CASCADE;
