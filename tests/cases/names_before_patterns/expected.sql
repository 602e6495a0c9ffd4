SELECT 'logs', string_agg(id::text, ' ' ORDER BY id) FROM logs
-- logs | 1 2 3

SELECT string_agg(id::text, ' ' ORDER BY id) FROM logs_old
-- 2

SELECT id FROM users
-- 1

SELECT id FROM "logs*"
-- 3
