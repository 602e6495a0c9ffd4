"""Reaching a database: the only package that imports the driver."""
