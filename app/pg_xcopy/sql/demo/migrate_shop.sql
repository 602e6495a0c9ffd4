-- Before and after of migrate:shop, asked on either side with its schema in the search_path.
SELECT 'users' AS subject, 'rows' AS what, to_char(count(*), 'FM999,999') AS value FROM users
UNION ALL
SELECT 'users', 'oldest', min(created_at)::date::text FROM users
UNION ALL
SELECT 'orders', 'rows', to_char(count(*), 'FM999,999') FROM orders
UNION ALL
SELECT 'orders', 'oldest', min(created_at)::date::text FROM orders
UNION ALL
SELECT 'orders', 'status', string_agg(status::text, ', ') FROM (SELECT DISTINCT status FROM orders ORDER BY status) AS seen
UNION ALL
SELECT 'products', 'rows', to_char(count(*), 'FM999,999') FROM products
UNION ALL
SELECT 'products', 'not active', count(*)::text FROM products WHERE NOT active
