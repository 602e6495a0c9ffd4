"""What stands on the target, and how the copy takes its place."""
