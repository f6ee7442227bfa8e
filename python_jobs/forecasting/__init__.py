"""Fit, guard and score usage forecasts; group servers. Arrays in, arrays out."""
