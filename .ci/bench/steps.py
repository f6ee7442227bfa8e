"""Seconds of each step of a run on the default fleet, the first in a new warehouse."""

import tempfile
import time
from pathlib import Path

from fleets import capacity

STEPS = (
    ("init",),
    ("generate",),
    ("build",),
    ("jobs", "calendar_weights"),
    ("jobs", "usage_forecasts"),
    ("jobs", "server_clusters"),
    ("build",),
    ("run",),
    ("query", "servers_above_cpu"),
)


def step_seconds() -> list[tuple[str, float]]:
    """Run every step once, one after the other, and return its time."""
    seconds: list[tuple[str, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            started = time.perf_counter()
            capacity(*step, warehouse=Path(folder))
            seconds.append((" ".join(step), time.perf_counter() - started))
            print(f"{seconds[-1][0]:24} {seconds[-1][1]:7.1f} s", flush=True)  # noqa: T201
    return seconds
