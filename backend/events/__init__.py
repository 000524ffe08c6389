"""What attempts report, stored exactly once."""
