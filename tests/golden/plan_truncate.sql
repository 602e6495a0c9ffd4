-- on the target
SET search_path = "app", "ext", "public", pg_temp;
SET row_security = 'on';
SET synchronous_commit = 'on';
SET default_toast_compression = 'lz4';
BEGIN;
TRUNCATE ONLY "app"."users", ONLY "app"."orders";
-- on the source
COPY (SELECT CAST("id" AS bigint) AS "id", CAST((
'user' || id || '@example.com' -- theirs
) AS text) AS "email", CAST("mood" AS text) AS "mood" FROM ONLY "app"."users" WHERE "email" ILIKE '%@example.com' AND "phone" IS NULL) TO STDOUT WITH (FORMAT text);
-- on the target
COPY "app"."users" ("id", "email", "mood") FROM STDIN WITH (FORMAT text, FREEZE);
-- on the source
COPY (SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2023"
UNION ALL SELECT CAST("id" AS numeric) AS "id", "at", CAST("user_id" AS bigint) AS "user_id" FROM ONLY "app"."orders 2024") TO STDOUT WITH (FORMAT binary);
-- on the target
COPY "app"."orders" ("id", "at", "user_id") FROM STDIN WITH (FORMAT binary, FREEZE);
SET CONSTRAINTS ALL IMMEDIATE;
SELECT pg_catalog.setval('"app"."users_id_seq"', held.furthest)
FROM (SELECT pg_catalog.max("id")::pg_catalog.int8 AS furthest FROM "app"."users"
      WHERE "id" BETWEEN 1 AND 2147483647) AS held, "app"."users_id_seq" AS stands
WHERE held.furthest > stands.last_value OR held.furthest = stands.last_value AND NOT stands.is_called;
COMMIT;
ANALYZE "app"."users";
ANALYZE "app"."orders";
