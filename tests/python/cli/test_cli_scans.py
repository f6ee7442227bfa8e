"""What a build on Athena scanned is kept phase by phase, and priced."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from python_jobs.cli.scans import (
    estimated_usd,
    forget_scans,
    read_scans,
    record_scans,
    scan_tables,
)
from python_jobs.platform.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return an Athena warehouse in which dbt has left its results."""
    (tmp_path / "target").mkdir()
    return Settings(target="athena", warehouse=tmp_path)


def left_results(settings: Settings, *scanned: tuple[str, int | None]) -> None:
    """Write dbt's results: nodes with their bytes; None: it failed before it ran."""
    results: list[dict[str, Any]] = [
        {
            "unique_id": node,
            "adapter_response": {}
            if count is None
            else {"code": "OK", "data_scanned_in_bytes": count},
        }
        for node, count in scanned
    ]
    path = settings.warehouse / "target" / "run_results.json"
    path.write_text(json.dumps({"results": results}))


def shown(settings: Settings) -> str:
    """Return what the status prints."""
    output = io.StringIO()
    for table in scan_tables(settings):
        Console(file=output, width=120).print(table)
    return output.getvalue()


def test_phases_add_up_until_the_next_build(settings: Settings) -> None:
    """A model of two phases counts twice, a failed phase like a green one."""
    left_results(settings, ("model.p.a", 30_000_000), ("model.p.b", None))
    record_scans(settings, "features")
    left_results(settings, ("model.p.a", 10_000_000), ("test.p.key_a.1", 1))
    record_scans(settings, "models and tests")

    phases = read_scans(settings)
    assert [each.name for each in phases] == ["features", "models and tests"]
    assert phases[0].scanned == {"model a": 30_000_000, "model b": 0}
    text = shown(settings)
    assert "features" in text
    assert "30.0 MB in 2 nodes" in text
    assert "in all" in text
    assert re.search(r"model a +40\.0 MB +100%", text)

    forget_scans(settings)
    assert read_scans(settings) == []
    assert shown(settings) == ""


@pytest.mark.parametrize(
    ("scanned", "usd"),
    [
        (0, 0.0),
        # 10 MB at least: 0.00001 TB
        (1, 0.00005),
        (10_000_000, 0.00005),
        # rounded up to 11 MB
        (10_000_001, 0.000055),
        (10**12, 5.0),
    ],
)
def test_the_price_is_athenas(scanned: int, usd: float) -> None:
    """5 USD a TB, whole megabytes, ten of them at least for a query that scans."""
    assert estimated_usd(scanned) == pytest.approx(usd)


def test_a_duckdb_build_scans_nothing(settings: Settings) -> None:
    """No record, no line in the status."""
    local = Settings(warehouse=settings.warehouse)
    left_results(settings, ("model.p.a", 1))
    record_scans(local, "features")
    assert read_scans(settings) == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '[{"name": "x"}]'])
def test_a_broken_record_is_no_record(settings: Settings, text: str) -> None:
    """The next phase begins a new one."""
    (settings.warehouse / "scans_athena.json").write_text(text)
    assert read_scans(settings) == []
    left_results(settings, ("model.p.a", 5))
    record_scans(settings, "features")
    assert read_scans(settings)[0].scanned == {"model a": 5}


def test_without_results_there_is_no_phase(settings: Settings) -> None:
    """Dbt may end before it writes any."""
    record_scans(settings, "features")
    assert read_scans(settings) == []
