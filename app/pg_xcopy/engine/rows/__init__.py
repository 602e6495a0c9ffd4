"""Rows on their way: the pump between two servers, its pace, and what is known of each table."""
