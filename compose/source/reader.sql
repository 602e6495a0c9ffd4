-- The role that jobs read the shop as: it sees all of it, and changes nothing.
CREATE ROLE reader LOGIN PASSWORD 'reader' NOSUPERUSER NOCREATEDB NOCREATEROLE;
GRANT USAGE ON SCHEMA shop TO reader;
GRANT SELECT ON ALL TABLES IN SCHEMA shop TO reader;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA shop TO reader;
