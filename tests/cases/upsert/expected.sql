-- Rows that are there take what the job says, and keep the rest; rows that the source lacks stay.
SELECT id, name, email, seen FROM users ORDER BY id
-- 1 | Ada | ada@example.com | 7
-- 2 | Bob | bob@example.com | 0
-- 9 | Zoe | zoe@example.com | 9

SELECT id, user_id, total, note FROM orders ORDER BY id
-- 10 | 1 | 100 | theirs
-- 11 | 2 | 200 | ∅
-- 12 | 2 | 300 | ∅

-- What is there already is left alone.
SELECT at, line FROM log ORDER BY at
-- 1 | ours
-- 2 | new

-- The next number is free.
SELECT last_value FROM users_id_seq
-- 2
