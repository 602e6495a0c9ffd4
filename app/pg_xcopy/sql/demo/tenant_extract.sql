-- Before and after of tenant:extract: of how many tenants the rows of four tables are, and three users, one of them of tenant 7.
SELECT place, subject, 'rows' AS what,
       to_char(total, 'FM999,999') || ' of ' || tenants || ' tenant' || CASE WHEN tenants > 1 THEN 's' ELSE '' END AS value
FROM (
    SELECT 1 AS place, 'users' AS subject, count(*) AS total, count(DISTINCT tenant_id) AS tenants FROM users
    UNION ALL
    SELECT 2, 'orders', count(*), count(DISTINCT tenant_id) FROM orders
    UNION ALL
    SELECT 3, 'events', count(*), count(DISTINCT tenant_id) FROM events
    UNION ALL
    SELECT 4, 'audit log', count(*), count(DISTINCT tenant_id) FROM "audit log"
) AS counted
UNION ALL
SELECT 4 + id, 'user ' || id, 'of tenant', tenant_id || ': ' || full_name FROM users WHERE id IN (1, 2, 3)
ORDER BY place
