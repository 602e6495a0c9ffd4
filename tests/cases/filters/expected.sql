SELECT id FROM "eq".people ORDER BY id
-- 1

SELECT id FROM "ne".people ORDER BY id
-- 2
-- 3

SELECT id FROM "is_null".people ORDER BY id
-- 4

SELECT id FROM "not_null".people ORDER BY id
-- 1
-- 2
-- 3

SELECT id FROM "ne_null".people ORDER BY id
-- 1
-- 2
-- 4

SELECT id FROM "boolean".people ORDER BY id
-- 1
-- 4

SELECT id FROM "range".people ORDER BY id
-- 1
-- 3

SELECT id FROM "negative".people ORDER BY id
-- 3

SELECT id FROM "between".people ORDER BY id
-- 1
-- 3

SELECT id FROM "timestamp".people ORDER BY id
-- 2
-- 4

SELECT id FROM "list".people ORDER BY id
-- 1
-- 4

SELECT id FROM "not_in".people ORDER BY id
-- 2
-- 3

SELECT id FROM "like".people ORDER BY id
-- 3

SELECT id FROM "ilike".people ORDER BY id
-- 2

SELECT id FROM "array".people ORDER BY id
-- 1

SELECT id FROM "uuid".people ORDER BY id
-- 2

SELECT id FROM "and".people ORDER BY id
-- 4
