"""Workers, their claims, the fencing of attempts, and the reaper."""
