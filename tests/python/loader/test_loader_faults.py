"""A load that was killed is repaired by running it again."""

import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from killed_load import KILLED

from python_jobs.loader import servers
from python_jobs.loader.config import LoaderConfig
from python_jobs.loader.ledger import LoadReport
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

NOW = datetime(2026, 1, 31, 12)
SERVERS = "raw.servers"
CONFIG = LoaderConfig(chunk_rows=40)
SCRIPT = Path(__file__).with_name("killed_load.py")


def _kill(bench, path: Path, *, chunks: int) -> None:
    warehouse = str(bench.store.settings.warehouse)
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), warehouse, str(path), str(chunks)], check=False
    )
    assert ended.returncode == KILLED


def _contents(bench) -> tuple[object, ...]:
    """Return everything that a load leaves, but for the times."""
    ledger = [
        {key: value for key, value in row.items() if key != "loaded_at"}
        for row in bench.rows("raw.loads")
    ]
    names = [
        (row["server_id"], row["timestamp"], row["load_id"])
        for row in bench.rows("raw.server_metrics")
    ]
    return bench.metrics, names, bench.rejected, ledger


COMMITTED = 99
"""More chunks than there are: killed after their commit, before the ledger."""


@pytest.mark.parametrize("chunks", [0, 1, 2, 3, COMMITTED])
def test_killed_load_is_repaired(bench, wide_text, tmp_path: Path, chunks: int) -> None:
    """Killed after the quarantine, between chunks, or just before the ledger's last.

    The file overlaps an earlier one and has a bad row, so that all three tables have
    something to lose: 3 servers x 40 days, of which 5 days of one server are stored.
    """
    earlier = bench.file("earlier.csv", wide_text("A", days=5, cpu=1))
    text = wide_text("A", "B", "C", days=40) + "D,nonsense,1,1\n"
    path = bench.file("a.csv", text)
    clean = type(bench)(
        store=Store.open(Settings(warehouse=tmp_path / "clean")), folder=bench.folder
    )
    clean.store.init()
    clean.load(earlier, path, config=CONFIG)
    bench.load(earlier, config=CONFIG)

    _kill(bench, path, chunks=chunks)

    ledger = {row["file_name"]: row["status"] for row in bench.rows("raw.loads")}
    assert ledger == {"earlier.csv": "loaded", "a.csv": "loading"}
    assert len(bench.metrics) == (120 if chunks == COMMITTED else 5)
    (report,) = bench.load(path, config=CONFIG)
    assert report.status == ("known" if chunks == COMMITTED else "loaded")
    assert (report.rows_accepted, report.rows_rejected) == (115, 6)
    assert _contents(bench) == _contents(clean)
    assert bench.load(path, config=CONFIG)[0].status == "known"


def test_a_corrected_file_replaces_a_killed_one(bench, wide_text) -> None:
    """What a killed load has not finished is not there, and rejects no row."""
    path = bench.file("a.csv", wide_text("A", "B", "C", days=40, cpu=1))
    _kill(bench, path, chunks=2)

    report = bench.load_text("b.csv", wide_text("A", "B", "C", days=40, cpu=9))

    assert (report.rows_accepted, report.rows_rejected) == (120, 0)
    assert min(row["cpu_p95"] for row in bench.metrics) == 9.0
    assert [row["file_name"] for row in bench.rows("raw.loads")] == ["b.csv"]


def test_rows_without_a_ledger_yield_to_a_file(bench, wide_text) -> None:
    """Rows of a load that the ledger does not have are overwritten, not kept first."""
    bench.load_text("a.csv", wide_text("A", days=5, cpu=1))
    bench.store.delete("raw.loads", where=equal_to("file_name", "a.csv"))

    report = bench.load_text("b.csv", wide_text("A", days=5, cpu=9))

    assert (report.rows_accepted, report.rows_rejected) == (5, 0)
    assert [row["cpu_p95"] for row in bench.metrics] == [9.0, 10.0, 11.0, 12.0, 13.0]


@pytest.mark.parametrize("chunks", [1, COMMITTED])
def test_killed_load_of_a_second_metric_is_repaired(bench, chunks: int) -> None:
    """Rows that were shared before the kill keep what the first file had brought.

    The network file repeats one CPU value under the same key: that row stays in the
    quarantine although its neighbour has taken the row over.
    """
    header = "server_id,timestamp,metric,value\n"
    days = [f"2025-01-{day:02d}" for day in range(1, 31)]
    cpu = header + "".join(f"A,{day},cpu,1\n" for day in days)
    network = header + "".join(f"A,{day},network_in,2\n" for day in days)
    bench.load_text("cpu.csv", cpu)
    path = bench.file("network.csv", network + "A,2025-01-01,cpu,1\n")

    _kill(bench, path, chunks=chunks)
    assert {row["cpu_p95"] for row in bench.metrics} == {1.0}
    (report,) = bench.load(path)

    assert (report.rows_accepted, report.rows_rejected) == (30, 1)
    assert {(row["cpu_p95"], row["net_in_p95"]) for row in bench.metrics} == {
        (1.0, 2.0)
    }
    assert [row[1] for row in bench.rejected] == ["duplicate_key"]


def test_scratch_of_a_killed_load_is_removed(bench, wide_text) -> None:
    """What a killed load has left on disk goes with the next one."""
    path = bench.file("a.csv", wide_text("A"))
    _kill(bench, path, chunks=1)
    folder = bench.store.settings.warehouse / "loading"
    assert [child for child in folder.iterdir() if child.is_dir()]

    bench.load(path)

    assert not [child for child in folder.iterdir() if child.is_dir()]


@pytest.mark.parametrize("killed_at", ["loading", "loaded"])
def test_killed_inventory_leaves_one_version(bench, monkeypatch, killed_at) -> None:
    """Repeated after midnight: valid from the day that stored it, and only once."""
    header = "server_id,vcpu_count\n"
    bench.load_inventory(bench.file("old.csv", header + "A,4\n"), now=NOW)
    path = bench.file("new.csv", header + "A,8\n")
    recorded = servers.record_load

    def kill(store: Store, report: LoadReport, *, now: datetime) -> None:
        if report.status == killed_at:
            raise KeyboardInterrupt
        recorded(store, report, now=now)

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(servers, "record_load", kill)
        bench.load_inventory(path, now=NOW + timedelta(days=9))
    bench.load_inventory(path, now=NOW + timedelta(days=10))

    since = (NOW + timedelta(days=9 if killed_at == "loaded" else 10)).date()
    versions = [(row["valid_from"], row["vcpu_count"]) for row in bench.rows(SERVERS)]
    assert versions[1:] == [(since, 8)]
    assert {row["status"] for row in bench.rows("raw.loads")} == {"loaded"}
