CREATE TABLE orders (id bigint PRIMARY KEY, total numeric, user_id bigint, note text);
CREATE TABLE users (id bigserial PRIMARY KEY, name text, email text CONSTRAINT by_email UNIQUE, seen int DEFAULT 0);
ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;
CREATE TABLE log (at int CONSTRAINT by_time UNIQUE NOT NULL, line text);
INSERT INTO users VALUES (1, 'Old Ada', 'ada@example.com', 7), (9, 'Zoe', 'zoe@example.com', 9);
INSERT INTO orders VALUES (10, 1, 9, 'theirs');
INSERT INTO log VALUES (1, 'ours');
