"""Replacing a schema or tables of it: build, fill, swap, clean up."""
