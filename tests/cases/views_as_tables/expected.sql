SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm') ORDER BY 1
-- best | r
-- sales | r
-- totals | r

SELECT * FROM totals
-- 2 | 61.00

SELECT * FROM best
-- 2 | 20.50
