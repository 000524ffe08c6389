"""Live events: a journal for each run, replayed and then followed."""
