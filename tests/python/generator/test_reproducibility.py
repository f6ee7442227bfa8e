"""The same configuration gives the same bytes; another seed gives others."""

import os
import subprocess
import sys
from pathlib import Path

from python_jobs.generator import GeneratedFleet, small_fleet

SCRIPT = Path(__file__).parent / "fleet_digest.py"


def digests(hash_seed: str) -> str:
    """Return what a new process prints."""
    return subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "TZ": f"Etc/GMT+{hash_seed}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_two_processes_write_the_same_bytes() -> None:
    """Neither the hash seed nor the time zone of a process matters."""
    first, second = digests("1"), digests("7")
    assert first == second
    assert len(first.splitlines()) == 14


def test_another_seed_is_another_fleet(small: GeneratedFleet) -> None:
    """Values and load id differ; the shape does not."""
    other = small_fleet(seed=43)
    assert other.load_id != small.load_id
    assert other.server_metrics.num_rows == small.server_metrics.num_rows
    assert not other.server_metrics["cpu_p95"].equals(small.server_metrics["cpu_p95"])


def test_a_longer_window_adds_rows_of_the_same_kind(small: GeneratedFleet) -> None:
    """Metadata of a server does not depend on the window."""
    longer = small_fleet(last_date="2026-03-31")
    columns = ["server_id", "server_type", "instance_type", "failover_group"]
    assert longer.servers.select(columns).equals(small.servers.select(columns))
