"""The loader's section of the configuration: every mistake names its key."""

from pathlib import Path

import pytest

from python_jobs.cli.config import load_config
from python_jobs.loader.config import LoaderConfig
from python_jobs.platform.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("max_rejected_share: 0.1", "loader.max_rejected_share is no known key"),
        ("max_rejected_ratio: 5", "loader.max_rejected_ratio 5: Input should be less"),
        ("max_rejected_ratio: -0.1", "greater than or equal to 0"),
        ("max_file_bytes: 0", "loader.max_file_bytes 0"),
        ("max_compression_ratio: 1", "loader.max_compression_ratio 1"),
        ("max_line_bytes: 10", "loader.max_line_bytes 10"),
        ("max_future_days: -1", "loader.max_future_days -1"),
        ("earliest_date: soon", "loader.earliest_date 'soon'"),
        ("max_network_mbps: 0", "loader.max_network_mbps 0"),
        ("memory_limit_mb: 16", "loader.memory_limit_mb 16"),
        ("threads: 0", "loader.threads 0"),
        ("chunk_rows: 0", "loader.chunk_rows 0"),
        ("statistic: weekly_p95", "loader.statistic 'weekly_p95'"),
        ("interval_seconds: 0", "loader.interval_seconds 0"),
        (
            "column_aliases: {ram: memory}",
            "alias ram leads to 'memory', which is no column; expected one of",
        ),
        (
            "column_aliases: {cpu_p95: mem_p95}",
            "alias cpu_p95 is the name of a column → drop it",
        ),
        ("server_column_aliases: {ram: mem}", "alias ram leads to 'mem'"),
        (
            "metric_names: {rx: {column: rx, unit: mbps}}",
            "loader.metric_names.rx.column 'rx'",
        ),
        (
            "metric_names: {rx: {column: net_in_p95, unit: percent}}",
            "unit percent does not fit net_in_p95",
        ),
        (
            "metric_names: {ram: {column: mem_p95, unit: mbps}}",
            "unit mbps does not fit mem_p95",
        ),
        (
            "file_patterns: [{pattern: '(', server_id: a, metrics: {}}]",
            "pattern is no regular expression",
        ),
        (
            "file_patterns: [{pattern: 'a', server_id: a, metrics: {}}]",
            "pattern has no group (?P<metric>…) → add it",
        ),
        (
            "file_patterns: [{pattern: '(?P<metric>a)', server_id: '{host}',"
            " metrics: {}}]",
            "template '{host}' uses {host}, which the pattern does not capture",
        ),
        ("null_tokens: NULL", "loader.null_tokens"),
    ],
)
def test_mistake_names_its_key(tmp_path: Path, text: str, expected: str) -> None:
    """A mistake in the file is one message with file, line and key."""
    path = tmp_path / "config.yml"
    path.write_text(f"loader:\n  {text}\n")

    with pytest.raises(InputError) as error:
        load_config(path)

    assert expected in str(error.value)
    assert str(error.value).startswith(f"{path}:2 loader.")


def test_pattern_of_ones_own(bench) -> None:
    """A pattern in the configuration names server, region and metric of a file."""
    config = LoaderConfig.model_validate(
        {
            "file_patterns": [
                {
                    "pattern": r"(?P<site>[A-Z]+)-(?P<host>\w+)\.(?P<metric>\w+)",
                    "server_id": "{host}",
                    "region": "{site}",
                    "metrics": {"ram": {"column": "mem_p95", "unit": "percent"}},
                    "refused": {"temp": "degrees say nothing of capacity → drop it"},
                }
            ]
        }
    )
    text = "timestamp,value\n2025-01-01,40\n2025-01-02,41\n"

    loaded = bench.load_text("FRA-db1.ram.csv", text, config=config)
    refused = bench.load_text("FRA-db1.temp.csv", text, config=config)

    assert (loaded.status, refused.status) == ("loaded", "rejected")
    assert "degrees say nothing of capacity" in str(refused.reason)
    assert [
        (row["server_id"], row["region"], row["mem_p95"]) for row in bench.metrics
    ] == [
        ("db1", "FRA", 40.0),
        ("db1", "FRA", 41.0),
    ]


@pytest.mark.parametrize(
    ("key", "value", "text"),
    [
        ("earliest_date", "2025-01-02", "A,2025-01-01,1"),
        ("max_network_mbps", 10, "A,2025-01-01,11"),
        ("max_future_days", 0, "A,2026-01-31 13:00:00,1"),
    ],
)
def test_limits_are_read(bench, key: str, value: object, text: str) -> None:
    """Each limit rejects a row that its default accepts."""
    content = f"server_id,timestamp,net_in_p95\n{text}\n"
    config = LoaderConfig.model_validate({key: value})

    report = bench.load_text("a.csv", content, config=config, statistic="sample")

    assert report.status == "rejected"
    assert bench.load_text("a.csv", content, statistic="sample").status == "loaded"
