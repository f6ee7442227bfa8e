"""Capacity forecasting: the Python jobs and everything they stand on."""
