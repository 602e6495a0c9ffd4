CREATE TABLE users (id int PRIMARY KEY, email text, name text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total int);
CREATE TABLE log (at int, line text);
INSERT INTO users VALUES (1, 'ada@example.com', 'Ada'), (2, 'bob@example.com', 'Bob');
INSERT INTO orders VALUES (10, 1, 100), (11, 2, 200), (12, 2, 300);
INSERT INTO log VALUES (1, 'seen'), (2, 'new');
