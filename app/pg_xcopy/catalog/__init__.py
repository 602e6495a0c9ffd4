"""What the databases hold: frozen values, and the fixed number of queries that read them."""
