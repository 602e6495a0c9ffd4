-- The number of this transaction, by which another session can ask what became of it.
SELECT pg_catalog.txid_current()::pg_catalog.text AS txid
