"""Being seen: typed events, and those who watch them."""
