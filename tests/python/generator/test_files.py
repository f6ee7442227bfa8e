"""A fleet as files."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from python_jobs.generator import GeneratedFleet, small_fleet, write_files

STEM = "raw_server_metrics_2025-01-01_to_2025-12-31"


def test_the_flat_file_is_a_delivered_extract(
    tmp_path: Path, small: GeneratedFleet
) -> None:
    """Named by its dates; the columns of the metric rows without the load's."""
    flat, summary, sample = write_files(small, tmp_path / "new" / "folder")
    assert flat.name == f"{STEM}.parquet"
    assert summary.name == f"{STEM}_summary.json"
    assert sample.name == f"{STEM}_sample.csv"
    rows = pq.read_table(flat)
    assert rows.column_names == [
        "server_id",
        "timestamp",
        "business_unit",
        "region",
        "criticality",
        "cpu_p95",
        "mem_p95",
        "disk_p95",
        "net_in_p95",
        "net_out_p95",
    ]
    assert rows.equals(small.server_metrics.select(rows.column_names))


def test_csv_has_the_same_rows(tmp_path: Path, small: GeneratedFleet) -> None:
    """Timestamps are readable, missing values empty."""
    flat, _, sample = write_files(small, tmp_path, file_format="csv.gz")
    assert flat.name == f"{STEM}.csv.gz"
    with gzip.open(flat, "rt", encoding="utf-8") as file:
        rows = pd.read_csv(file, parse_dates=["timestamp"])
    expected = small.server_metrics.to_pandas()[list(rows.columns)]
    pd.testing.assert_frame_equal(rows, expected, check_dtype=False)
    assert '"2025-12-31 00:00:00"' in sample.read_text(encoding="utf-8")


def test_the_sample_is_small(tmp_path: Path, small: GeneratedFleet) -> None:
    """Five servers, the newest 31 days."""
    sample = pd.read_csv(write_files(small, tmp_path)[2])
    assert len(sample) == 5 * 31
    assert sample["timestamp"].min() == "2025-12-01 00:00:00"


def test_the_summary_tells_what_it_is(tmp_path: Path, small: GeneratedFleet) -> None:
    """Counts, figures per metric, gates and the whole configuration."""
    summary = json.loads(write_files(small, tmp_path)[1].read_text(encoding="utf-8"))
    assert summary["row_count"] == 8 * 365
    assert summary["load_id"] == small.load_id
    assert sum(summary["servers"]["archetype"].values()) == 8
    assert sum(summary["servers"]["true_size"].values()) == 8
    assert summary["metrics"]["cpu"]["highest"] <= 100
    assert summary["gates"]["row_count"] == 8 * 365
    assert summary["config"]["server_count"] == 8


def test_repeated_rows_are_in_the_file_alone(tmp_path: Path) -> None:
    """A careless delivery: the file has rows twice, the table does not."""
    fleet = small_fleet(deliveries={"duplicate_rate": 0.05})
    rows = pq.read_table(write_files(fleet, tmp_path)[0]).to_pandas()
    repeated = rows.duplicated(["server_id", "timestamp"]).sum()
    assert 100 < repeated < 200
    assert len(rows) == fleet.server_metrics.num_rows + repeated
