SELECT * FROM staging.users
-- 1 | True | a@x

SELECT user_id, inserted_at = current_date FROM staging.profiles
-- 1 | True
