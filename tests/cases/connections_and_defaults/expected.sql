SELECT id FROM by_name.users ORDER BY id
-- 1
-- 2

SELECT id FROM by_url.users
-- 1
