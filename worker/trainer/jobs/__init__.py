"""Jobs on checkpoints: evaluate, export, sample. One file a kind; `run.py` chooses."""
