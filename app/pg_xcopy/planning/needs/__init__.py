"""What needs what: the order in which things are made, and what the target can not have."""
