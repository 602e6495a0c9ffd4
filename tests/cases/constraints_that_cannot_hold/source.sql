CREATE TABLE customers (id int PRIMARY KEY, email text UNIQUE, country text CHECK (country <> ''), tax_id text);
CREATE TABLE orders (
    id int PRIMARY KEY, customer int NOT NULL REFERENCES customers, total int CHECK (total > 0), part_of int REFERENCES orders
);
CREATE TABLE notes (
    id int PRIMARY KEY, customer int REFERENCES customers ON DELETE CASCADE, at_email text REFERENCES customers (email)
);
CREATE INDEX customers_tax ON customers (tax_id, country);
CREATE INDEX customers_country ON customers (country) WHERE country IS NOT NULL;
INSERT INTO customers VALUES (1, 'a@x', 'at', 'T1'), (2, 'b@x', 'ch', 'T2'), (3, 'c@x', 'at', NULL);
INSERT INTO orders VALUES (1, 1, 10, NULL), (2, 2, 20, 1), (3, 3, 30, 2);
INSERT INTO notes VALUES (1, 1, 'a@x'), (2, 2, 'b@x');
