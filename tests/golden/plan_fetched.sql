-- on the target
SET search_path = "_xcopy_staging_a172cedcae47_r1", "app", "my tools", pg_temp;
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
    "email" character varying(80),
    "mood" mood DEFAULT 'happy'::mood,
    "score" positive,
    "label" text GENERATED ALWAYS AS (upper((email)::text)) STORED
);
-- on the target, in each transaction that takes rows
SELECT "my tools".dblink_connect('xcopy', convert_from(decode(current_setting('xcopy.route'), 'hex'), 'UTF8'));
-- on the target
INSERT INTO "_xcopy_staging_a172cedcae47_r1"."orders 2023" ("id", "at", "user_id") OVERRIDING SYSTEM VALUE
SELECT * FROM "my tools".dblink('xcopy', 'SELECT "id", "at", "user_id" FROM ONLY "app"."orders 2023"') AS rows ("id" integer, "at" date, "user_id" bigint);
-- on the target
INSERT INTO "_xcopy_staging_a172cedcae47_r1"."users" ("id", "email", "mood", "score") OVERRIDING SYSTEM VALUE
SELECT * FROM "my tools".dblink('xcopy', 'SELECT "id", CAST((
''user'' || id || ''@example.com'' -- theirs
) AS character varying) AS "email", "mood", "score" FROM ONLY "app"."users" WHERE "email" ILIKE ''%@example.com'' AND "phone" IS NULL') AS rows ("id" bigint, "email" character varying(80), "mood" mood, "score" positive);
ANALYZE "_xcopy_staging_a172cedcae47_r1"."orders 2023";
ANALYZE "_xcopy_staging_a172cedcae47_r1"."orders";
ALTER TABLE "_xcopy_staging_a172cedcae47_r1"."users" ALTER COLUMN "email" SET NOT NULL;
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
