-- Shared by a primary and its standbys (and by clones of its disk).
SELECT system_identifier::text FROM pg_control_system()
