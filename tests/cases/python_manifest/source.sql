CREATE TABLE users (id int PRIMARY KEY, active boolean, email text, last_login_ip inet);
CREATE TABLE profiles (user_id int REFERENCES users, inserted_at date);
INSERT INTO users VALUES (1, true, 'A@X', '10.0.0.1'), (2, false, 'B@X', NULL);
INSERT INTO profiles VALUES (1, '2020-01-01'), (1, '2022-01-01');
