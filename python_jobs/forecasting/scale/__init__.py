"""Forecasts of fleets that do not fit in memory: chunk by chunk, or on Spark."""
