"""Job runner: contracts of frames, fingerprints of runs, publishing of their rows."""

JOBS = ("calendar_weights", "usage_forecasts", "server_clusters")
"""The jobs in the order in which they run; none reads what another wrote."""
