CREATE TABLE sales (id int PRIMARY KEY, amount numeric(8, 2));
INSERT INTO sales VALUES (1, 10), (2, 20.5);
CREATE VIEW totals AS SELECT count(*) AS n, sum(amount)::numeric(10, 2) AS total FROM sales;
CREATE MATERIALIZED VIEW best AS SELECT * FROM sales WHERE amount > 15;
CREATE VIEW never_named AS SELECT 1 AS one;
