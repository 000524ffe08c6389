"""The FastAPI backend: the only code that touches the database."""
