CREATE TABLE people (id int PRIMARY KEY, name varchar(50), born timestamp, shoe_size int, secret text, tags text[]);
CREATE TABLE only_here (id int);
INSERT INTO people VALUES (1, 'Ada', '1815-12-10 12:00', 38, 'x', '{a,b}');
