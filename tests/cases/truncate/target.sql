CREATE TABLE users (id int PRIMARY KEY, name text);
CREATE TABLE orders (id serial PRIMARY KEY, user_id int REFERENCES users);
CREATE TABLE theirs (id int);
CREATE VIEW report AS SELECT name, count(*) AS orders FROM users JOIN orders ON orders.user_id = users.id GROUP BY name;
INSERT INTO users VALUES (7, 'Old'); INSERT INTO orders VALUES (70, 7); INSERT INTO theirs VALUES (42);
