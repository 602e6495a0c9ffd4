"""What is copied: which relations, which of their columns, and what each becomes."""
