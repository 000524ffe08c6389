"""Runs: creating, listing, editing, stopping, and every change of their state."""
