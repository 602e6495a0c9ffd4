CREATE TABLE products (id int, category text, name text, active boolean);
INSERT INTO products VALUES (1, 'A', 'x', true), (2, 'B', 'Test 100%', true), (3, 'A', 'y', false), (4, 'B', 'z', true);
CREATE TABLE parts (id int, product int);
INSERT INTO parts VALUES (10, 1), (20, 2), (30, 3);
