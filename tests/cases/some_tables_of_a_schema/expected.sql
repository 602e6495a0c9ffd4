SELECT id, email, m FROM users ORDER BY id
-- 1 | user1 | ok
-- 2 | user2 | ok
-- 3 | user3 | ok

SELECT email, visit FROM visitors
-- user1 | 7

SELECT obj_description('visitors'::regclass), users_in_all()
-- who came | 3

SELECT id, visitor, m FROM visits
-- 7 | 1 | sad

SELECT conname, convalidated, confrelid::regclass FROM pg_constraint WHERE contype = 'f'
-- by_a_user | True | users

SELECT to_regclass('orders')
-- ∅
