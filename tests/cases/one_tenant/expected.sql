SELECT id, boss FROM tenant_2.users ORDER BY id
-- 1 | ∅
-- 4 | 1
-- 7 | 4

SELECT id, status FROM tenant_2.orders ORDER BY id
-- 1 | active
-- 4 | pending
-- 7 | pending

SELECT DISTINCT order_id FROM tenant_2.lines ORDER BY 1
-- 1
-- 4
-- 7

SELECT count(*) FROM pg_constraint WHERE connamespace = 'tenant_2'::regnamespace AND contype = 'f'
-- 5

SELECT * FROM tenant_2.countries
-- at
