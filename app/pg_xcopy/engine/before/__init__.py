"""Before anything is written: both sides connected, the same schema refused, every SELECT tried."""
