"""A file of two million rows in little memory: the loader streams."""

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from python_jobs.platform.settings import Settings
from python_jobs.store import Store

SCRIPT = Path(__file__).with_name("measured_load.py")
# what the rows alone take as arrow columns is 240 MB, as text 164 MB
ALLOWED_MB = 450


def _write_file(path: Path) -> None:
    """Write 1,000 servers x 2,000 hours, ordered by time as a monitoring would."""
    sql = f"""
        copy (
            select
                'SRV-' || lpad(cast(server as varchar), 5, '0') as server_id,
                timestamp '2025-01-01' + to_hours(hour) as timestamp,
                'Retail' as business_unit,
                'us-east-1' as region,
                'High' as criticality,
                (server * 7 + hour) % 101 as cpu_p95,
                40.5 + hour % 7 as mem_p95,
                33.25 as disk_p95,
                120.123 as net_in_p95,
                99.1 as net_out_p95
            from range(2000) as hours(hour), range(1000) as servers(server)
        ) to '{path}' (header)
    """  # noqa: S608 - a path of the test
    with duckdb.connect() as connection:
        connection.execute(sql)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_two_million_rows_in_little_memory(tmp_path: Path) -> None:
    """All rows arrive; memory beyond that of the imports stays under 450 MB."""
    path, warehouse = tmp_path / "big.csv", tmp_path / "warehouse"
    _write_file(path)

    ended = subprocess.run(
        [sys.executable, str(SCRIPT), str(warehouse), str(path)],
        check=True,
        capture_output=True,
    )

    result = json.loads(ended.stdout)
    assert result["reason"] is None
    assert (result["rows_accepted"], result["rows_rejected"]) == (2_000_000, 0)
    assert result["peak_mb"] - result["before_mb"] < ALLOWED_MB, result
    store = Store.open(Settings(warehouse=warehouse))
    with duckdb.connect() as connection:
        stored = connection.execute(
            "select count(*), count(distinct (server_id, timestamp)), sum(cpu_p95)"
            " from read_parquet($files)",
            {"files": store.data_files("raw.server_metrics")},
        ).fetchall()
        written = connection.execute(
            "select count(*), count(*), sum(cpu_p95) from read_csv($path)",
            {"path": str(path)},
        ).fetchall()
    assert stored == written
