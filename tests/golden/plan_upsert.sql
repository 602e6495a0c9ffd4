-- on the target
SET search_path = "app", "ext", "public", pg_temp;
SET row_security = 'on';
SET synchronous_commit = 'on';
SET default_toast_compression = 'lz4';
BEGIN;
CREATE TEMPORARY TABLE "pg_temp"."_xcopy_1" (
    "id" bigint,
    "mood" feeling,
    "email" text
) ON COMMIT DROP;
-- on the source
COPY (SELECT CAST("id" AS bigint) AS "id", CAST("mood" AS text) AS "mood", CAST((
'user' || id || '@example.com' -- theirs
) AS text) AS "email" FROM ONLY "app"."users" WHERE "email" ILIKE '%@example.com' AND "phone" IS NULL) TO STDOUT WITH (FORMAT text);
-- on the target
COPY "pg_temp"."_xcopy_1" ("id", "mood", "email") FROM STDIN WITH (FORMAT text);
CREATE TEMPORARY TABLE "pg_temp"."_xcopy_2" (
    "user_id" bigint,
    "at" date,
    "id" numeric
) ON COMMIT DROP;
-- on the source
COPY (SELECT CAST("user_id" AS bigint) AS "user_id", "at", CAST("id" AS numeric) AS "id" FROM ONLY "app"."orders 2023"
UNION ALL SELECT CAST("user_id" AS bigint) AS "user_id", "at", CAST("id" AS numeric) AS "id" FROM ONLY "app"."orders 2024") TO STDOUT WITH (FORMAT binary);
-- on the target
COPY "pg_temp"."_xcopy_2" ("user_id", "at", "id") FROM STDIN WITH (FORMAT binary);
SAVEPOINT merging;
INSERT INTO "app"."users" AS stands ("id", "mood", "email") OVERRIDING SYSTEM VALUE
SELECT "id", "mood", "email" FROM "pg_temp"."_xcopy_1"
ON CONFLICT ("id") DO UPDATE SET "mood" = EXCLUDED."mood", "email" = EXCLUDED."email"
WHERE ROW(stands."mood", stands."email")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(EXCLUDED."mood", EXCLUDED."email")::pg_catalog.record;
-- Whether two of the rows that have landed have the same key.
SELECT EXISTS (
    SELECT FROM "pg_temp"."_xcopy_2"
    WHERE true AND "at" IS NOT NULL AND ((id + 0)) IS NOT NULL AND (id > 0)
    GROUP BY "at", ((id + 0)) HAVING pg_catalog.count(*) > 1
) AS twice;
INSERT INTO "app"."orders" AS stands ("user_id", "at", "id") OVERRIDING SYSTEM VALUE
SELECT "user_id", "at", "id" FROM "pg_temp"."_xcopy_2"
ON CONFLICT ("at", ((id + 0))) WHERE id > 0 DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_catalog.setval('"app"."users_id_seq"', held.furthest)
FROM (SELECT pg_catalog.max("id")::pg_catalog.int8 AS furthest FROM "pg_temp"."_xcopy_1"
      WHERE "id" BETWEEN 1 AND 2147483647) AS held, "app"."users_id_seq" AS stands
WHERE held.furthest > stands.last_value OR held.furthest = stands.last_value AND NOT stands.is_called;
COMMIT;
ANALYZE "app"."users";
ANALYZE "app"."orders";
