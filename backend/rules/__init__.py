"""Rules that watch runs, and the alerts they raise."""
