"""Loads foreign extracts: metric files and inventories, checked row by row.

``metrics.load_metrics``, ``servers.load_servers`` and ``inventory_gaps`` are the ways
in; ``config.LoaderConfig`` is what can be chosen.
"""
