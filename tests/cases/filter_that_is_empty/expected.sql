-- An empty list is no row, never "no filter".
SELECT id FROM nobody.secrets

SELECT id FROM everybody.secrets ORDER BY id
-- 1
-- 2
-- 3

SELECT id FROM ada_or_nobody.secrets ORDER BY id
-- 1
-- 2

SELECT id FROM neither.secrets
-- 3
