"""The batched engine: every model fitted to all series of a block at once."""
