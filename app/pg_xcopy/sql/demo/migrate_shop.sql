-- Before and after of migrate:shop: how many rows, from when, in which states. Asked on either side, its schema in the search_path.
SELECT 1 AS place, 'users' AS subject, 'rows' AS what, to_char(count(*), 'FM999,999') AS value FROM users
UNION ALL
SELECT 2, 'users', 'oldest', min(created_at)::date::text FROM users
UNION ALL
SELECT 3, 'orders', 'rows', to_char(count(*), 'FM999,999') FROM orders
UNION ALL
SELECT 4, 'orders', 'oldest', min(created_at)::date::text FROM orders
UNION ALL
SELECT 5, 'orders', 'status', string_agg(status::text, ', ' ORDER BY status) FROM (SELECT DISTINCT status FROM orders) AS seen
UNION ALL
SELECT 6, 'products', 'rows', to_char(count(*), 'FM999,999') FROM products
UNION ALL
SELECT 7, 'products', 'not active', count(*)::text FROM products WHERE NOT active
ORDER BY place
