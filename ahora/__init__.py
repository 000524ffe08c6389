"""Ahora: launch, watch and compare SA-AH-GRPO training runs of language models.

This package is what users import: the run configuration, the events a job reports, the HTTP
client and the ``ahora`` command. It never imports torch, FastAPI, SQLAlchemy or Celery.
"""

__version__ = "0.1.0"
