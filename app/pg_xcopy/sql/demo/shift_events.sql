-- Before and after of shift:events: the last rows of four tables, by their numbers.
(SELECT 'user ' || id AS subject, 'created_at' AS what, to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') AS value
 FROM users ORDER BY id DESC LIMIT 1)
UNION ALL
(SELECT 'order ' || id, 'created_at', to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') FROM orders ORDER BY id DESC LIMIT 1)
UNION ALL
(SELECT 'event ' || id, 'created_at', to_char(created_at, 'YYYY-MM-DD HH24:MI:SS') FROM events ORDER BY id DESC LIMIT 1)
UNION ALL
(SELECT 'shipment ' || id, 'arrived_on', arrived_on::text FROM shipments WHERE arrived_on IS NOT NULL ORDER BY id DESC LIMIT 1)
UNION ALL
SELECT 'all events', 'from … to', min(created_at)::date || ' … ' || max(created_at)::date FROM events
