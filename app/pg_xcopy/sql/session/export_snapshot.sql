-- Lets other sessions see exactly what this transaction sees, for as long as it lasts.
SELECT pg_export_snapshot()
