"""Named views of the run table, shared by a project."""
