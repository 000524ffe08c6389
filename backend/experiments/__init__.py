"""Experiments: many runs launched, watched and stopped as one."""
