"""Schemas of ours beside the target's: what would fall with them, and how they are dropped."""
