SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
-- users

SELECT * FROM users
-- 1

SELECT * FROM other.safe
-- 42

SELECT count(*) FROM pg_class WHERE relname = 'report'
-- 0
