"""Parquet files of any types, and the generator's own flat file."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from python_jobs import generator


def _write(bench, **columns: Any) -> Any:
    path = bench.folder / "a.parquet"
    pq.write_table(pa.table(columns), path)
    return path


@pytest.mark.parametrize(
    "timestamps",
    [
        pa.array(["2025-01-01", "2025-01-02"]),
        pa.array([datetime(2025, 1, 1), datetime(2025, 1, 2)], pa.timestamp("ns")),
        pa.array([datetime(2025, 1, 1), datetime(2025, 1, 2)], pa.timestamp("ms")),
        pa.array([datetime(2025, 1, 1), datetime(2025, 1, 2)], pa.date32()),
        pa.array(
            [
                datetime(2025, 1, 1, tzinfo=UTC),
                datetime(2025, 1, 2, 2, tzinfo=timezone(timedelta(hours=2))),
            ],
            pa.timestamp("us", tz="Europe/Berlin"),
        ),
    ],
    ids=["text", "ns", "ms", "date", "zone"],
)
def test_parquet_timestamps(bench, timestamps: pa.Array) -> None:
    """Text, dates and timestamps of any precision and zone become the same UTC."""
    path = _write(
        bench,
        server_id=["A", "A"],
        timestamp=timestamps,
        cpu_p95=pa.array([1.5, 2.5], pa.float32()),
    )

    (report,) = bench.load(path)

    assert report.status == "loaded", report.reason
    assert _cpu(bench) == [(datetime(2025, 1, 1), 1.5), (datetime(2025, 1, 2), 2.5)]


def test_parquet_numbers(bench) -> None:
    """Integers, doubles, categories and not-a-number are read without loss."""
    path = _write(
        bench,
        server_id=pa.array(["A", "A"]).dictionary_encode(),
        timestamp=["2025-01-01", "2025-01-02"],
        cpu_p95=pa.array([7, None], pa.int16()),
        mem_p95=pa.array([float("nan"), 0.1 + 0.2]),
    )

    bench.load(path)

    assert [(row["cpu_p95"], row["mem_p95"]) for row in bench.metrics] == [
        (7.0, None),
        (None, 0.1 + 0.2),
    ]


def _cpu(bench) -> list[tuple[datetime, float]]:
    return [(row["timestamp"], row["cpu_p95"]) for row in bench.metrics]


@pytest.mark.parametrize("file_format", ["parquet", "csv.gz"])
def test_generated_flat_file(
    bench, tmp_path: Path, file_format: Literal["parquet", "csv.gz"]
) -> None:
    """What the generator writes as a file arrives as it writes it into the tables."""
    fleet = generator.small_fleet(server_count=8)
    flat, _, _ = generator.write_files(fleet, tmp_path, file_format=file_format)

    (report,) = bench.load(flat)

    assert report.status == "loaded", report.reason
    assert report.statistic == "daily_p95"
    own = fleet.server_metrics.drop_columns(["load_id", "loaded_at"])
    keys = [("server_id", "ascending"), ("timestamp", "ascending")]
    stored = bench.store.read("raw.server_metrics", columns=own.column_names)
    assert stored.sort_by(keys).to_pylist() == own.sort_by(keys).to_pylist()
