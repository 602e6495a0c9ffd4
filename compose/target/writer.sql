-- The role that jobs write as: to build a schema beside the one that it replaces, it has to own the database.
CREATE ROLE writer LOGIN PASSWORD 'writer' NOSUPERUSER NOCREATEDB NOCREATEROLE;
ALTER DATABASE shop_copies OWNER TO writer;
