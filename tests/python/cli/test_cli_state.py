"""What the next build must process again, from the record of the last green one."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from python_jobs.cli.build_plan import BuildPlan, has_late_gap, reprocess_from
from python_jobs.cli.state import (
    LastBuild,
    forget_last_build,
    project_hash,
    read_last_build,
    record_build,
)
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import one_of

BUILT = LastBuild(
    as_of_date="2025-06-30",
    load_ids=("a", "b"),
    project_hash="hash",
    sizes_hash="sizes",
    finished_at="2025-07-01T00:00:00+00:00",
)


def loads(**first_dates: date | None) -> pa.Table:
    """Return the ledger's columns that matter: load and first date."""
    return pa.table(
        {
            "load_id": pa.array(list(first_dates), pa.string()),
            "first_date": pa.array(list(first_dates.values()), pa.date32()),
        }
    )


OLD = {"a": date(2025, 1, 1), "b": date(2025, 3, 1)}


def plan(day: date, new: dict[str, date | None], **changed: str) -> BuildPlan:
    """Return the next build: of the old loads and new ones."""
    hashes = {"project_hash": "hash", "sizes_hash": "sizes"} | changed
    return BuildPlan(as_of_date=day, loads=loads(**OLD, **new), **hashes)


@pytest.mark.parametrize(
    ("last", "next_build", "expected"),
    [
        # a late file of 5 May: from its first day
        (BUILT, plan(date(2025, 7, 4), {"c": date(2025, 5, 5)}), date(2025, 5, 5)),
        # nothing late: the days after the last as-of date
        (BUILT, plan(date(2025, 7, 4), {"c": date(2025, 7, 1)}), date(2025, 7, 1)),
        (BUILT, plan(date(2025, 6, 30), {}), date(2025, 7, 1)),
        # of several new ones the oldest
        (
            BUILT,
            plan(date(2025, 6, 30), {"c": date(2025, 5, 5), "d": date(2025, 4, 4)}),
            date(2025, 4, 4),
        ),
        # everything: no record, another project or size, an older date, an inventory
        (None, plan(date(2025, 6, 30), {}), None),
        (BUILT, plan(date(2025, 6, 30), {}, project_hash="other"), None),
        (BUILT, plan(date(2025, 6, 30), {}, sizes_hash="other"), None),
        (BUILT, plan(date(2025, 6, 29), {}), None),
        (BUILT, plan(date(2025, 6, 30), {"c": None}), None),
    ],
)
def test_first_date_to_process_again(
    last: LastBuild | None, next_build: BuildPlan, expected: date | None
) -> None:
    """Late loads go back to their first date; whatever is unsure means everything."""
    assert reprocess_from(last, next_build) == expected


def test_a_vanished_load_means_everything() -> None:
    """A load that is gone took rows with it."""
    fewer = replace(plan(date(2025, 6, 30), {}), loads=loads(a=date(2025, 1, 1)))
    assert reprocess_from(BUILT, fewer) is None


@pytest.mark.parametrize(
    ("day", "cpu", "expected"),
    [
        pytest.param(date(2025, 6, 29), None, True, id="a late row without a value"),
        pytest.param(date(2025, 6, 29), 1.0, False, id="a late row with all values"),
        pytest.param(date(2025, 7, 1), None, False, id="a new row without a value"),
    ],
)
def test_a_late_row_may_take_a_value_back(
    tmp_path: Path, day: date, cpu: float | None, expected: bool
) -> None:
    """Only rows of days that were built, and of loads that the build has not seen."""
    store = Store.open(Settings(warehouse=tmp_path))
    store.init()
    values = dict.fromkeys(("mem_p95", "disk_p95", "net_in_p95", "net_out_p95"), 1.0)
    rows = [
        {"load_id": "a", "timestamp": datetime(2025, 6, 30), "cpu_p95": None},
        {"load_id": "c", "timestamp": datetime(day.year, day.month, day.day)}
        | {"cpu_p95": cpu}
        | values,
    ]
    columns = [column.name for column in TABLES["raw.server_metrics"].columns]
    table = pa.table(
        {
            name: [({"server_id": "x"} | row).get(name) for row in rows]
            for name in columns
        }
    )
    store.merge(
        "raw.server_metrics",
        table,
        key=("server_id", "timestamp"),
        where=one_of("server_id", ["x"]),
    )
    next_build = plan(date(2025, 7, 1), {"c": day})
    assert has_late_gap(store, BUILT, next_build, first_date=day) is expected


def test_the_record_reads_back_and_is_forgotten(tmp_path: Path) -> None:
    """A damaged or missing record is none; forgetting twice is fine."""
    settings = Settings(warehouse=tmp_path, target="athena")
    assert read_last_build(settings) is None
    built = plan(date(2025, 6, 30), {}).record(
        finished_at=datetime(2025, 7, 1, tzinfo=UTC)
    )
    record_build(settings, built)
    assert read_last_build(settings) == built == BUILT
    forget_last_build(settings)
    forget_last_build(settings)
    assert read_last_build(settings) is None
    (tmp_path / "last_build_athena.json").write_text('{"as_of_date": 1')
    assert read_last_build(settings) is None


def test_the_record_stays_with_the_file_that_readers_see(tmp_path: Path) -> None:
    """On DuckDB it is a table of the database, and is not forgotten before the next."""
    settings = Settings(warehouse=tmp_path)
    assert read_last_build(settings) is None
    built = plan(date(2025, 6, 30), {}).record(
        finished_at=datetime(2025, 7, 1, tzinfo=UTC)
    )
    record_build(settings, built, run_ids=["r"])
    forget_last_build(settings)
    assert read_last_build(settings) == built == BUILT


def test_the_project_hash_sees_a_changed_model(tmp_path: Path) -> None:
    """A changed file of the dbt project is another project."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text("name: x")
    (tmp_path / "models" / "a.sql").write_text("select 1")
    before = project_hash(tmp_path)
    assert project_hash(tmp_path) == before
    (tmp_path / "models" / "a.sql").write_text("select 2")
    assert project_hash(tmp_path) != before
