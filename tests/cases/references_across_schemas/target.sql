CREATE SCHEMA shared; CREATE TABLE shared.countries (code text PRIMARY KEY); INSERT INTO shared.countries VALUES ('at');
