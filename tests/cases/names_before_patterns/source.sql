CREATE TABLE logs (id int); CREATE TABLE logs_old (id int); CREATE TABLE users (id int); CREATE TABLE "logs*" (id int);
INSERT INTO logs VALUES (1), (2), (3); INSERT INTO logs_old VALUES (1), (2), (3); INSERT INTO users VALUES (1), (2), (3);
INSERT INTO "logs*" VALUES (1), (2), (3);
