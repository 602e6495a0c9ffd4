-- A filter that silently does not apply would be a leak: the target is as it was.
SELECT * FROM precious
-- 42
