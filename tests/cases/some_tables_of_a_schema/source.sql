CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL, m mood DEFAULT 'ok');
CREATE TABLE orders (id int PRIMARY KEY, buyer int REFERENCES users);
INSERT INTO users (email) VALUES ('ada@example.com'), ('bob@example.com'), ('cy@example.com');
INSERT INTO orders VALUES (1, 1);
