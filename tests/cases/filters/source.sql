CREATE TABLE people (
    id int PRIMARY KEY, name text, age int, score numeric, active boolean, born date, seen timestamptz, tags text[], key uuid
);
INSERT INTO people VALUES
    (1, 'Ada',   36, 1.5, true,  '1985-12-10', '2023-01-01 00:00Z', '{a}', '00000000-0000-0000-0000-000000000001'),
    (2, 'bob',   20, 2.5, false, '2003-02-02', '2023-06-01 00:00Z', '{b}', '00000000-0000-0000-0000-000000000002'),
    (3, 'Cy_d',  50, -1,  NULL,  '1973-03-03', NULL,                NULL,  NULL),
    (4, NULL,    NULL, 0, true,  NULL,         '2024-01-01 00:00Z', '{}',  '00000000-0000-0000-0000-000000000004');
