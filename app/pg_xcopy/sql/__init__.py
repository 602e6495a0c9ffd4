"""SQL as text: names, quoting, and the statements themselves in files."""
