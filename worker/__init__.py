"""Celery workers: claim runs, supervise their trainers, ship their events."""
