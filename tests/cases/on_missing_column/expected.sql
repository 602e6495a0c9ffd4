SELECT tablename FROM pg_tables WHERE schemaname = 'skip' ORDER BY 1
-- orders
-- tenants

SELECT id FROM skip.orders ORDER BY id
-- 1
-- 2

SELECT id FROM "all".orders ORDER BY id
-- 1
-- 2

SELECT code FROM "all".countries ORDER BY code
-- at
-- ch

SELECT tablename FROM pg_tables WHERE schemaname = 'excluded' ORDER BY 1
-- orders
-- tenants
