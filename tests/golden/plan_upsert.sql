-- on the target
SET search_path = "app", "ext", "public", pg_temp;
SET row_security = 'on';
SET synchronous_commit = 'on';
SET default_toast_compression = 'lz4';
BEGIN;
CREATE TEMPORARY TABLE "pg_temp"."_xcopy_1" (
    "id" bigint,
    "email" text,
    "mood" feeling
) ON COMMIT DROP;
-- on the source
COPY (SELECT CAST("id" AS bigint) AS "id", CAST((
'user' || id || '@example.com' -- theirs
) AS text) AS "email", CAST("mood" AS text) AS "mood" FROM ONLY "app"."users" WHERE "email" ILIKE '%@example.com' AND "phone" IS NULL) TO STDOUT WITH (FORMAT text);
-- on the target
COPY "pg_temp"."_xcopy_1" ("id", "email", "mood") FROM STDIN WITH (FORMAT text);
CREATE TEMPORARY TABLE "pg_temp"."_xcopy_2" (
    "id" numeric,
    "at" date,
    "user_id" bigint
) ON COMMIT DROP;
-- on the source
COPY (SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2023"
UNION ALL SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2024") TO STDOUT WITH (FORMAT binary);
-- on the target
COPY "pg_temp"."_xcopy_2" ("id", "at", "user_id") FROM STDIN WITH (FORMAT binary);
SAVEPOINT merging;
INSERT INTO "app"."users" AS stands ("id", "email", "mood") OVERRIDING SYSTEM VALUE
SELECT "id", "email", "mood" FROM "pg_temp"."_xcopy_1"
ON CONFLICT ("id") DO UPDATE SET "email" = EXCLUDED."email", "mood" = EXCLUDED."mood"
WHERE ROW(stands."email", stands."mood")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW(EXCLUDED."email", EXCLUDED."mood")::pg_catalog.record;
-- Whether two of the rows that have landed have the same key.
SELECT EXISTS (
    SELECT FROM "pg_temp"."_xcopy_2"
    WHERE true AND "at" IS NOT NULL AND ((id + 0)) IS NOT NULL AND (id > 0)
    GROUP BY "at", ((id + 0)) HAVING pg_catalog.count(*) > 1
) AS twice;
INSERT INTO "app"."orders" AS stands ("id", "at", "user_id") OVERRIDING SYSTEM VALUE
SELECT "id", "at", "user_id" FROM "pg_temp"."_xcopy_2"
ON CONFLICT ("at", ((id + 0))) WHERE id > 0 DO NOTHING;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_catalog.setval('"app"."users_id_seq"', held.furthest)
FROM (SELECT pg_catalog.max("id")::pg_catalog.int8 AS furthest FROM "pg_temp"."_xcopy_1"
      WHERE "id" BETWEEN 1 AND 2147483647) AS held, "app"."users_id_seq" AS stands
WHERE held.furthest > stands.last_value OR held.furthest = stands.last_value AND NOT stands.is_called;
COMMIT;
ANALYZE "app"."users";
ANALYZE "app"."orders";
