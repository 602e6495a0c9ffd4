CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL, place integer);
INSERT INTO users VALUES (1, 'ada@example.com', 1);
