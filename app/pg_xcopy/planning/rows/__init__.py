"""How the rows of a table travel: filter, transforms, format, parts."""
