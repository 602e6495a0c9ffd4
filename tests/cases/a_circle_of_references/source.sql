CREATE TABLE teams (id int PRIMARY KEY, lead int); CREATE TABLE people (id int PRIMARY KEY, team int);
INSERT INTO teams VALUES (1, 1); INSERT INTO people VALUES (1, 1);
