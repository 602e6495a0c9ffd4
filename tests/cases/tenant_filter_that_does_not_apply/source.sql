CREATE TABLE tenants (id int PRIMARY KEY, tenant_id int);
CREATE TABLE orders (id int PRIMARY KEY, tenant_id int);
CREATE TABLE countries (code text PRIMARY KEY);
INSERT INTO tenants VALUES (1, 7), (2, 8);
INSERT INTO orders VALUES (1, 7), (2, 7), (3, 8);
INSERT INTO countries VALUES ('at'), ('ch');
