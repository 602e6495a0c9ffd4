-- All that is wrong is said at once, and nothing was changed.
SELECT * FROM users
-- 1 | ada@example.com | 1
