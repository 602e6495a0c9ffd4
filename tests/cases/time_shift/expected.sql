SELECT id, created_at AT TIME ZONE 'UTC' - CURRENT_DATE, updated_at - CURRENT_DATE FROM events.visits ORDER BY id
-- 1 | 10:00:00 | 11:30:00
-- 2 | -1 day, 0:00:00 | ∅

SELECT created_at - CURRENT_DATE FROM events.pages
-- 0

SELECT * FROM events.labels
-- as it is
