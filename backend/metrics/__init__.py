"""Metric series: append, read downsampled, summarise, behind one interface (`store`)."""
