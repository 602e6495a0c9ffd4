CREATE SCHEMA shop; CREATE SCHEMA shared;
CREATE TABLE shared.countries (code text PRIMARY KEY); INSERT INTO shared.countries VALUES ('at');
CREATE TABLE shop.users (id int PRIMARY KEY, country text REFERENCES shared.countries); INSERT INTO shop.users VALUES (1, 'at');
CREATE TABLE shop.orders (id int PRIMARY KEY, user_id int REFERENCES shop.users); INSERT INTO shop.orders VALUES (1, 1);
