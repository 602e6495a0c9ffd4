-- A made-up multi-tenant shop.
CREATE SCHEMA shop;
