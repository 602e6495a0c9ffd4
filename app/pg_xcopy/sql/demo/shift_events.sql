-- Before and after of shift:events: the last rows of four tables, by their numbers, and from when to when all events are.
SELECT 1 AS place, 'user ' || id AS subject, 'created_at' AS what, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS value
FROM users WHERE id = (SELECT max(id) FROM users)
UNION ALL
SELECT 2, 'order ' || id, 'created_at', to_char(created_at, 'YYYY-MM-DD HH24:MI:SS')
FROM orders WHERE id = (SELECT max(id) FROM orders)
UNION ALL
SELECT 3, 'shipment ' || id, 'arrived_on', arrived_on::text
FROM shipments WHERE id = (SELECT max(id) FROM shipments WHERE arrived_on IS NOT NULL)
UNION ALL
SELECT 4, 'event ' || id, 'created_at', to_char(created_at, 'YYYY-MM-DD HH24:MI:SS')
FROM events WHERE id = (SELECT max(id) FROM events)
UNION ALL
SELECT 5, 'all events', 'first', min(created_at)::date::text FROM events
UNION ALL
SELECT 6, 'all events', 'last', max(created_at)::date::text FROM events
ORDER BY place
