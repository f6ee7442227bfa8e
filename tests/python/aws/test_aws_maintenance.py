"""Maintenance over Glue and S3; what Athena itself does is in tests/athena."""

import os
from typing import Any

import pyarrow as pa
import pytest
from aws_account import BUCKET, aws
from pyathena.error import OperationalError

from python_jobs.maintenance.athena import needs_rewrite, optimize, vacuum
from python_jobs.maintenance.files import delete_files, files_below
from python_jobs.maintenance.snapshots import Contents, Retention
from python_jobs.maintenance.tables import kept_tables
from python_jobs.maintenance.upkeep import Plan, Upkeep
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.catalog import load_table
from python_jobs.store.filters import equal_to


class Cursor:
    """Athena's cursor, which records its statements and fails on request."""

    def __init__(self, *failures: str) -> None:
        self.statements: list[str] = []
        self._failures = list(failures)

    def execute(self, statement: str) -> None:
        """Take a statement; fail while failures are left."""
        self.statements.append(statement)
        if self._failures and not statement.startswith("alter"):
            raise OperationalError(self._failures.pop(0))


@pytest.fixture
def store(settings: Settings) -> Store:
    """Create the store's tables in Glue and S3."""
    opened = Store.open(settings)
    opened.init()
    return opened


MORE = "ICEBERG_VACUUM_MORE_RUNS_NEEDED: Removed 1000 files in this round of vacuum"


def test_vacuum_runs_until_nothing_is_left(store: Store) -> None:
    """Its properties are set first, and only where they differ."""
    table = load_table(store.catalog, "raw.loads", settings=store.settings)
    cursor, said = Cursor(MORE, MORE), list[str]()
    keep = Retention(keep_days=2, keep_last=3)
    vacuum(cursor, "capacity_raw.loads", table, retention=keep, warn=said.append)
    assert cursor.statements == [
        "alter table capacity_raw.loads set tblproperties"
        " ('vacuum_max_snapshot_age_seconds' = '172800',"
        " 'vacuum_min_snapshots_to_keep' = '3')",
        *["vacuum capacity_raw.loads"] * 3,
    ]
    assert said == []
    with table.transaction() as change:
        change.set_properties(
            vacuum_max_snapshot_age_seconds="172800", vacuum_min_snapshots_to_keep="3"
        )
    endless = Cursor(*[MORE] * 99)
    vacuum(endless, "capacity_raw.loads", table, retention=keep, warn=said.append)
    assert endless.statements == ["vacuum capacity_raw.loads"] * 20
    assert said == [
        "`vacuum capacity_raw.loads` has more to do after 20 runs → run it again later"
    ]


def test_another_failure_of_athena_is_not_repeated() -> None:
    """Only the wish for more runs is."""
    cursor = Cursor("ICEBERG_COMMIT_ERROR: someone was faster")
    with pytest.raises(OperationalError, match="COMMIT_ERROR"):
        optimize(cursor, "a.b", warn=print)
    assert cursor.statements == ["optimize a.b rewrite data using bin_pack"]


@pytest.mark.parametrize(
    ("data", "deletes", "partitions", "expected"),
    [(24, 0, 24, False), (24, 1, 24, True), (5, 0, 1, False), (6, 0, 1, True)],
)
def test_only_what_gains_is_rewritten(
    data: int, deletes: int, partitions: int, expected: bool
) -> None:
    """Delete files, or five files more than there are partitions."""
    found = Contents(data, deletes, partitions, snapshots=1)
    assert needs_rewrite(found) is expected


def test_tables_and_leftovers_are_found_in_glue(store: Store) -> None:
    """Iceberg tables of the prefix; a killed build's tables are kept apart."""
    glue: Any = aws("glue", os.environ["AWS_ENDPOINT_URL"])
    for database in ("capacity_marts", "other_marts"):
        glue.create_database(DatabaseInput={"Name": database})
        for name, kind in [
            ("dim_dates", "ICEBERG"),
            ("dim_dates__bkp", "ICEBERG"),
            ("seed", "hive"),
        ]:
            location = f"s3://{BUCKET}/dbt/{database}/{name}/1"
            glue.create_table(
                DatabaseName=database,
                TableInput={
                    "Name": name,
                    "Parameters": {"table_type": kind},
                    "StorageDescriptor": {"Location": location},
                },
            )
    found = kept_tables(store.catalog, store.settings)
    assert set(found.iceberg) == {*TABLES, "marts.dim_dates"}
    assert found.iceberg["marts.dim_dates"] == ("capacity_marts", "dim_dates")
    assert found.leftovers == ("capacity_marts.dim_dates__bkp",)
    assert f"s3://{BUCKET}/dbt/capacity_marts/seed/1" in found.locations
    assert found.databases == ("capacity_marts", "capacity_ml", "capacity_raw")


def test_files_below_no_table_are_reported(store: Store) -> None:
    """What a build that was killed has written, beside what its table holds."""
    s3: Any = aws("s3", os.environ["AWS_ENDPOINT_URL"])
    glue: Any = aws("glue", os.environ["AWS_ENDPOINT_URL"])
    glue.create_database(DatabaseInput={"Name": "capacity_marts"})
    root = "dbt/capacity_marts/seed"
    glue.create_table(
        DatabaseName="capacity_marts",
        TableInput={
            "Name": "seed",
            "StorageDescriptor": {"Location": f"s3://{BUCKET}/{root}/1"},
        },
    )
    for key in (f"{root}/1/a", f"{root}/10/b", "dbt/other_marts/c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"12345")
    plan = Plan(Retention(), deletes_orphans=True)
    kept, _, beside = Upkeep(store, plan, NoProgress()).run()
    (folder,) = beside
    assert folder == f"s3://{BUCKET}/dbt/capacity_marts/"
    assert set(beside[folder].files) == {f"s3://{BUCKET}/{root}/10/b"}
    # it is young
    assert not beside[folder].old
    assert not any(each.orphans.files for each in kept)


def test_objects_are_listed_and_deleted(settings: Settings) -> None:
    """A folder's name is no prefix of another's; what is gone is fine."""
    s3: Any = aws("s3", os.environ["AWS_ENDPOINT_URL"])
    for key in ("lake/loads/a", "lake/loads/b", "lake/loads_too/c"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"123")
    found = files_below(settings, f"s3a://{BUCKET}/lake/loads")
    assert set(found) == {f"s3://{BUCKET}/lake/loads/{name}" for name in "ab"}
    assert {each.size for each in found.values()} == {3}
    delete_files(settings, [f"s3://{BUCKET}/lake/loads/a", f"s3://{BUCKET}/gone"])
    assert len(files_below(settings, f"s3://{BUCKET}/lake")) == 2


def test_expired_files_leave_s3(store: Store) -> None:
    """The same as locally, over Glue's commits."""
    for number in range(3):
        row: dict[str, object] = dict.fromkeys(TABLES["raw.loads"].column_names)
        row |= {"load_id": "a", "rows_read": number}
        rows = pa.table({key: [value] for key, value in row.items()})
        store.overwrite("raw.loads", rows, where=equal_to("load_id", "a"))
    plan = Plan(Retention(keep_days=1, keep_last=1))
    late = Upkeep(store, plan, NoProgress(), clock=lambda: store.clock() + 2 * 86_400)
    kept = {each.name: each for each in late.run()[0]}["raw.loads"]
    assert kept.after.snapshots == 1
    assert kept.bytes_after < kept.bytes_before
    assert store.read("raw.loads")["rows_read"].to_pylist() == [2]
