"""Checkpoints: what is saved, how it is kept whole, and how training goes on from it.

A folder `checkpoints/step-NNNNNN` holds the weights with configuration and tokenizer as transformers and
peft load them, `ahora.json` (which run and step), `training/` (all that a resume needs besides) and
`manifest.json` (size and hash of every other file).
"""
