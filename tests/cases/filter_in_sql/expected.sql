SELECT id FROM products ORDER BY id
-- 1
-- 2

SELECT id FROM parts ORDER BY id
-- 10
-- 20
