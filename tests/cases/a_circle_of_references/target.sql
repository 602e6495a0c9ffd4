CREATE TABLE teams (id int PRIMARY KEY, lead int); CREATE TABLE people (id int PRIMARY KEY, team int REFERENCES teams);
ALTER TABLE teams ADD FOREIGN KEY (lead) REFERENCES people;
INSERT INTO teams VALUES (9, NULL);
