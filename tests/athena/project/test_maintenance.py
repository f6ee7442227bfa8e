"""`capacity maintain` on the local Athena: OPTIMIZE, VACUUM, and whole tables after."""

from pathlib import Path

import pyarrow as pa
import pytest
from athena_local import LocalAthena

from python_jobs.maintenance.snapshots import Retention, contents
from python_jobs.maintenance.upkeep import Plan, opened_upkeep
from python_jobs.platform.athena import connection
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import equal_to


@pytest.fixture
def settings(
    local_athena: LocalAthena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Return the settings of a place of its own on the local Athena."""
    place = {
        "CAPACITY_WAREHOUSE": str(tmp_path),
        "CAPACITY_SCHEMA_PREFIX": "upkeep",
        "CAPACITY_S3_WAREHOUSE": f"s3://{local_athena.buckets[0]}/upkeep/lake/",
        "CAPACITY_S3_DATA": f"s3://{local_athena.buckets[0]}/upkeep/dbt/",
    }
    for name, value in (local_athena.environment | place).items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment()


def ledger(load_id: str) -> pa.Table:
    """Make a row of raw.loads."""
    row: dict[str, object] = dict.fromkeys(TABLES["raw.loads"].column_names)
    row["load_id"] = load_id
    return pa.table({key: [value] for key, value in row.items()})


def test_small_files_and_delete_files_become_one(
    local_athena: LocalAthena, settings: Settings
) -> None:
    """Eight files and a delete of Athena's are one file; the rows are the same."""
    store = Store.open(settings)
    store.init()
    ids = [f"load {number}" for number in range(8)]
    for load_id in ids:
        store.overwrite(
            "raw.loads", ledger(load_id), where=equal_to("load_id", load_id)
        )
    with connection(settings) as opened:
        opened.cursor().execute("delete from upkeep_raw.loads where load_id = 'load 3'")
    table = load_table(store.catalog, "raw.loads", settings=settings)
    assert contents(table).data_files >= 7

    plan = Plan(Retention(keep_days=1, keep_last=2))
    with opened_upkeep(store, plan, NoProgress()) as upkeep:
        kept, tables, beside = upkeep.run()

    (loads,) = (each for each in kept if each.name == "raw.loads")
    assert (loads.after.data_files, loads.after.delete_files) == (1, 0)
    assert sorted(store.read("raw.loads")["load_id"].to_pylist()) == [
        each for each in ids if each != "load 3"
    ]
    assert (tables.leftovers, beside) == ((), {})
    said = [each.athena_sql.lower() for each in local_athena.statements()]
    assert "optimize upkeep_raw.loads rewrite data using bin_pack" in said
    assert "vacuum upkeep_raw.loads" in said
    assert any("'vacuum_max_snapshot_age_seconds' = '86400'" in each for each in said)
    # DuckDB, which reads data files alone, could read the table again
    assert len(store.data_files("raw.loads")) == 1
