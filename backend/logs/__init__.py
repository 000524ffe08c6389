"""Lines of a run's log."""
