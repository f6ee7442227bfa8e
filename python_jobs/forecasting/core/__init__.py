"""Arrays, ragged series, regression, priors, intervals, scores and selection."""
