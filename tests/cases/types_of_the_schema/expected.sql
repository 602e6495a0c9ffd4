SELECT id, mood, moods::text, home::text, span::text, matrix, words, doc::text, raw::text, note, mask,
       extract(epoch FROM at)::numeric FROM all_of_it.things
-- 1 | it's ok | {sad,happy} | ("Main St, 1",5) | [1.5,2.5) | [[1, 2], [3, None]] | ['a', 'b,c', None] | {"a": [1, null]} | \x00ff5c | tab	here | 0101 | 1672567200.123456

SELECT mood FROM one.things
-- sad

-- Types come along: all of them under "*", else those that are needed.
SELECT typname, typnamespace::regnamespace::text FROM pg_type
WHERE (typtype IN ('e', 'd', 'r') OR typname = 'place') AND typnamespace::regnamespace::text IN ('all_of_it', 'one')
ORDER BY 2, 1
-- floatrange | all_of_it
-- mood | all_of_it
-- place | all_of_it
-- positive | all_of_it
-- unused | all_of_it
-- floatrange | one
-- mood | one
-- positive | one

SELECT a.attname, a.atttypid::regtype::text FROM pg_attribute a
WHERE a.attrelid = 'one.things'::regclass AND a.attname IN ('id', 'mood', 'moods') ORDER BY 1
-- id | one.positive
-- mood | one.mood
-- moods | one.mood[]

SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'one.things'::regclass AND contype = 'c'
-- CHECK (one.is_short(note))
