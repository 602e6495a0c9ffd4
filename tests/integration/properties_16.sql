-- What PostgreSQL 16 brought, into schema app.
SET search_path = app, public;
CREATE COLLATION since_16_rules (PROVIDER = icu, LOCALE = 'und', RULES = '&a < b');
CREATE TABLE since_16 (
    a text COLLATE since_16_rules, b text STORAGE EXTERNAL, u text COLLATE unicode,
    j json DEFAULT JSON_OBJECT('a': 1) CHECK (j IS JSON OBJECT)
);
INSERT INTO since_16 (a, b, u) VALUES ('a', 'b', 'u');
