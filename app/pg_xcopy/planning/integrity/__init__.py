"""What completes a table that holds its rows: keys, constraints, indexes, foreign keys."""
