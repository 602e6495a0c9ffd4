"""The statements that build the staging schema."""
