"""What the user declares: a YAML or Python file, read, checked, and turned into frozen models."""
