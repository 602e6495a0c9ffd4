CREATE TABLE secrets (id int, owner text);
INSERT INTO secrets VALUES (1, 'ada'), (2, NULL), (3, 'bob');
