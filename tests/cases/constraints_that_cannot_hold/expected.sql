SELECT conrelid::regclass::text, conname FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1, 2
-- customers | customers_country_check
-- customers | customers_pkey
-- notes | notes_pkey
-- orders | orders_customer_fkey
-- orders | orders_pkey

SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'
-- customers_country

SELECT id, customer, total FROM orders ORDER BY id
-- 2 | ∅ | -1
-- 3 | 3 | -1
