-- Columns go by their names; what the source lacks comes from a transform, a default, or is NULL.
SELECT id, name, born, tags, source, label, since, maybe FROM people
-- 1 | Ada | 1815-12-10 | ['a', 'b'] | here | Ada! | 2024 | ∅
