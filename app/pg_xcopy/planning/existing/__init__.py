"""Filling tables that the target has: which rows and columns fit, in which order, by which statements."""
