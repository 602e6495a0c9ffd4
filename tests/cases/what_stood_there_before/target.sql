CREATE TABLE users (id text, old text); INSERT INTO users VALUES ('old', 'old');
CREATE TABLE forgotten (id int); CREATE VIEW seen AS SELECT * FROM users;
CREATE FUNCTION answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
CREATE SCHEMA other; CREATE TABLE other.safe (id int); INSERT INTO other.safe VALUES (42);
CREATE VIEW other.report AS SELECT count(*) FROM users;
