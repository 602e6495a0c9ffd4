"""Filling tables that exist: emptied, filled, merged, committed."""
