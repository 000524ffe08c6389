"""Alembic revisions of the tables in `backend.db`."""
