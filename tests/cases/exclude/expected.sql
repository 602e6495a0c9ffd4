SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1
-- audit kept
-- audit*
-- users
