"""The trainer: ``python -m worker.trainer run.json out/`` reads JSON and writes JSON lines."""
