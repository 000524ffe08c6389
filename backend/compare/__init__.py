"""Runs side by side, with honest statistics."""
