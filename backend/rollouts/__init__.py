"""Rollouts: one compressed blob a group."""
