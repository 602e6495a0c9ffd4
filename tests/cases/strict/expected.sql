SELECT * FROM parents
-- 99

SELECT tablename FROM pg_tables WHERE schemaname = 'public'
-- parents
