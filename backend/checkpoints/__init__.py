"""Checkpoints of runs and their files."""
