SELECT id FROM always ORDER BY id
-- 100
-- 110

-- Sequences continue from where the source's stand, not from what was copied.
SELECT attrelid::regclass::text, attidentity, attgenerated, nextval(pg_get_serial_sequence(attrelid::regclass::text, 'id')) > 2
FROM pg_attribute WHERE attname = 'id' AND attrelid::regclass::text IN ('always', 'by_default', 'serials') ORDER BY 1
-- always | a |  | True
-- by_default | d |  | True
-- serials |  |  | True

SELECT last_value >= 4 FROM serials_id_seq
-- True

SELECT is_called FROM untouched_id_seq
-- False

SELECT * FROM computed ORDER BY amount
-- 1 | 1 | 1
-- 2.5 | 2 | 5.0

SELECT attgenerated FROM pg_attribute WHERE attrelid = 'computed'::regclass AND attname = 'total'
-- s

-- A transformed column is an ordinary one.
SELECT total FROM partly.computed
-- 0
-- 0

SELECT * FROM partly.always ORDER BY id
-- 100
-- 110

SELECT * FROM no_price.computed ORDER BY amount
-- 1
-- 2
