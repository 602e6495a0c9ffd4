-- Nothing was changed.
SELECT id, lead FROM teams
-- 9 | ∅
