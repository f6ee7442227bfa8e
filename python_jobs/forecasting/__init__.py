"""Usage forecasts: fit, validate, score, select. Arrays in, arrays out."""
