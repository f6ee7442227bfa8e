"""Seconds of each step on the default fleet, in a new warehouse: `make bench`."""

import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

STEPS = (
    ("init",),
    ("generate",),
    ("build",),
    ("jobs", "calendar_weights"),
    ("jobs", "load_forecasts"),
    ("jobs", "server_clusters"),
    ("build",),
    ("run",),
    ("query", "servers_above_cpu"),
)


def main() -> None:
    """Run every step once, one after the other, and print its time."""
    program = Path(sysconfig.get_path("scripts")) / "capacity"
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"CAPACITY_WAREHOUSE": folder}
        for step in STEPS:
            started = time.monotonic()
            ended = subprocess.run(  # noqa: S603 - our own program, no shell
                [program, *step, *sys.argv[1:]],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            seconds = time.monotonic() - started
            print(f"{' '.join(step):24} {seconds:7.1f} s", flush=True)  # noqa: T201
            if ended.returncode:
                sys.stderr.write(ended.stderr)
                raise SystemExit(ended.returncode)


if __name__ == "__main__":
    main()
