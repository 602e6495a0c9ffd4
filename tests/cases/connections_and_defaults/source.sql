CREATE SCHEMA shop; CREATE TABLE shop.users (id int, note text); INSERT INTO shop.users VALUES (1, '${x}'), (2, 'y');
