"""What will be done, decided before a statement is sent: from a job and two catalogs to a frozen plan."""
