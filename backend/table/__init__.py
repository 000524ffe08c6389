"""The run table: columns of anything a run has, conditions, order, groups, and what is done to many runs."""
