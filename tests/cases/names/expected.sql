SELECT * FROM "to ""There"""."two words"
-- 1 | 20 | 3

SELECT * FROM "to ""There"""."Quote""d.dot"
-- 1 | %s | {y} | $1 | \

SELECT "🦣" FROM "to ""There"""."🐘"
-- 1

SELECT indexname FROM pg_indexes WHERE tablename = '🐘'
-- An index; DROP TABLE x

SELECT nextval(pg_get_serial_sequence('"to ""There"""."äääääääääääääääääääääääääääääääx"', 'äääääääääääääääääääääääääääääääx')) > 1
-- True
