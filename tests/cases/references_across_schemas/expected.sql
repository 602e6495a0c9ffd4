SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' ORDER BY 1
-- shop.orders | shop.users
-- shop.users | shared.countries
