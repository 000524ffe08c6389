"""What is kept and what is not: retention, disk usage, the journal's age, files that nobody needs."""
