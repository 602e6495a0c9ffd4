-- Before and after of tenant:extract: rows and tenants of a few tables, and two users, one of them somebody else's.
SELECT subject, 'rows' AS what, to_char(total, 'FM999,999') || ' of ' || tenants || ' tenant' || CASE WHEN tenants > 1 THEN 's' ELSE '' END AS value
FROM (
    SELECT 'users' AS subject, count(*) AS total, count(DISTINCT tenant_id) AS tenants FROM users
    UNION ALL
    SELECT 'orders', count(*), count(DISTINCT tenant_id) FROM orders
    UNION ALL
    SELECT 'events', count(*), count(DISTINCT tenant_id) FROM events
    UNION ALL
    SELECT 'audit log', count(*), count(DISTINCT tenant_id) FROM "audit log"
) AS counted
