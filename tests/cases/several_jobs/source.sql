CREATE TABLE users (id int); INSERT INTO users VALUES (1), (2);
CREATE TABLE profiles (user_id int, inserted_at date); INSERT INTO profiles VALUES (1, '2020-01-01'), (9, '2020-01-01');
