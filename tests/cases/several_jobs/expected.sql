SELECT nspname FROM pg_namespace WHERE nspname IN ('users', 'profiles', 'nightly') ORDER BY 1
-- nightly
-- profiles
-- users

SELECT user_id FROM profiles.profiles
-- 1
