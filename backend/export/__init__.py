"""Everything about a run in one file."""
