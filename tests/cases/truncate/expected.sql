-- The old rows are gone, the tables are the same: a view of them still works.
SELECT * FROM report
-- Ada | 1

SELECT id FROM users
-- 1

-- What the job does not bring is left alone.
SELECT id FROM theirs
-- 42

-- Sequences only go forward.
SELECT nextval('orders_id_seq') > 10
-- True
