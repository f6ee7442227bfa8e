"""Fit, guard and score load forecasts; group servers. Arrays in, arrays out."""
