"""What stays in the target's schema where only tables of it are replaced, and what becomes of what depends on those."""
