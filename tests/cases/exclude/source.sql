CREATE TABLE users (id int); CREATE TABLE audit_2022 (id int); CREATE TABLE audit_2023 (id int);
CREATE TABLE "audit*" (id int); CREATE TABLE drafts (id int); CREATE TABLE "audit kept" (id int);
