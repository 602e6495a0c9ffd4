CREATE TABLE users (id int PRIMARY KEY, nick text, place point);
CREATE TABLE usres (id int);
