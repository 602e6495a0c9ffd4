CREATE TABLE vehicles (id int PRIMARY KEY, wheels int DEFAULT 4, CHECK (wheels >= 0));
CREATE TABLE bicycles (gears int) INHERITS (vehicles);
ALTER TABLE bicycles ALTER wheels SET DEFAULT 2;
INSERT INTO vehicles VALUES (1); INSERT INTO bicycles (id, gears) VALUES (2, 21);
