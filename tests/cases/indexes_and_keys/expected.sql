SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype <> 'n' ORDER BY 1
-- desks_building_room_fkey | FOREIGN KEY (building, room) REFERENCES rooms(building, id) MATCH FULL ON UPDATE CASCADE ON DELETE SET NULL DEFERRABLE
-- desks_pkey | PRIMARY KEY (id)
-- rooms_during_excl | EXCLUDE USING gist (during WITH &&)
-- rooms_floor_check | CHECK ((floor > '-3'::integer)) NO INHERIT
-- rooms_name_key | UNIQUE (name) DEFERRABLE INITIALLY DEFERRED
-- rooms_pkey | PRIMARY KEY (building, id) INCLUDE (floor)

SELECT indexdef FROM pg_indexes WHERE indexname IN ('rooms_lower', 'rooms_doc', 'rooms_hash', 'rooms_brin') ORDER BY indexname
-- CREATE INDEX rooms_brin ON public.rooms USING brin (id) WITH (pages_per_range='32')
-- CREATE INDEX rooms_doc ON public.rooms USING gin (doc jsonb_path_ops)
-- CREATE INDEX rooms_hash ON public.rooms USING hash (floor)
-- CREATE UNIQUE INDEX rooms_lower ON public.rooms USING btree (lower(name) DESC NULLS LAST) WHERE (floor > 0)
