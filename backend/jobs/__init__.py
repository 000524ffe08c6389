"""Jobs on checkpoints: created, listed, and what they found out."""
