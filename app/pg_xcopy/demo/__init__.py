"""Showing it: two throw-away servers, a shop full of made-up data, the shipped manifest run for real."""
