SELECT tableoid::regclass::text, * FROM family.vehicles ORDER BY id
-- family.vehicles | 1 | 4
-- family.bicycles | 2 | 2

SELECT tableoid::regclass::text, * FROM child.bicycles
-- child.bicycles | 2 | 2 | 21

SELECT table_name, column_default FROM information_schema.columns
WHERE table_schema = 'family' AND column_name = 'wheels' ORDER BY 1
-- bicycles | 2
-- vehicles | 4

SELECT conrelid::regclass::text, conislocal FROM pg_constraint
WHERE contype = 'c' AND connamespace = 'family'::regnamespace ORDER BY 1
-- family.bicycles | False
-- family.vehicles | True
