SELECT * FROM users ORDER BY id
-- 1 | user1@example.com | Test User 1 | 7.00 | 3 | 2023-01-31
-- 2 | user2@example.com | Test User 2 | 7.00 | 4 | 2023-02-01

-- Types stay as declared, and NOT NULL holds for the new values.
SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute
WHERE attrelid = 'users'::regclass AND attnum > 0 ORDER BY attnum
-- id | integer | True
-- email | text | True
-- name | character varying(12) | False
-- balance | numeric(8,2) | False
-- visits | integer | False
-- joined | date | False
