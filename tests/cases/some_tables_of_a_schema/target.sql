CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL, m mood, note text);
CREATE TABLE visits (id int PRIMARY KEY, visitor int CONSTRAINT by_a_user REFERENCES users, m mood);
CREATE VIEW visitors AS SELECT users.email, visits.id AS visit FROM users JOIN visits ON visitor = users.id;
COMMENT ON VIEW visitors IS 'who came';
CREATE FUNCTION users_in_all() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM users';
INSERT INTO users (email, note) VALUES ('old@example.com', 'x');
INSERT INTO visits VALUES (7, 1, 'sad');
