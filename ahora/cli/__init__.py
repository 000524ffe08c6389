"""The `ahora` command. Modules import what is heavy inside their functions: a command line starts at once."""
