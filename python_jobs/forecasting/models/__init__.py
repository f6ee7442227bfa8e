"""The candidate models, one file a family: fit, forecast and kernels together."""
