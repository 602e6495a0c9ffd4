CREATE TABLE users (
    id int PRIMARY KEY, email text NOT NULL, phone text UNIQUE, name varchar(12), balance numeric(8, 2), visits int, joined date
);
INSERT INTO users VALUES
    (1, 'Ada@Example.com', '555', 'Ada', 10.25, 3, '2023-01-01'), (2, 'BOB@example.com', NULL, 'Bob', 0, 4, '2023-01-02');
