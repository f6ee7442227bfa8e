"""Each fault of AWS once, in dbt and in Python: a clear message, and a safe re-run."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from athena_local import LocalAthena
from botocore.exceptions import ClientError

from python_jobs.cli.dbt import Dbt
from python_jobs.cli.engine import read_sql
from python_jobs.platform.aws_errors import explained
from python_jobs.platform.errors import CapacityError, PlatformError, RunError
from python_jobs.platform.progress import NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store
from python_jobs.store.filters import equal_to

PROFILE = """\
small:
  target: athena
  outputs:
    athena:
      type: athena
      region_name: us-east-1
      database: awsdatacatalog
      schema: "{{ env_var('CAPACITY_SCHEMA_PREFIX') }}_marts"
      s3_data_dir: "{{ env_var('CAPACITY_S3_DATA') }}"
      s3_staging_dir: "{{ env_var('CAPACITY_S3_STAGING') }}"
      work_group: "{{ env_var('CAPACITY_WORK_GROUP') }}"
      threads: 1
      num_retries: 1
      poll_interval: 0.1
"""


@pytest.fixture
def settings(
    local_athena: LocalAthena, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Return the settings of a place of its own on the local Athena."""
    place = {"CAPACITY_WAREHOUSE": str(tmp_path / "warehouse")}
    place["CAPACITY_SCHEMA_PREFIX"] = f"faults{abs(hash(tmp_path)) % 10**8}"
    for name, value in (local_athena.environment | place).items():
        monkeypatch.setenv(name, value)
    return Settings.from_environment()


@pytest.fixture
def dbt(settings: Settings, tmp_path: Path) -> Dbt:
    """Return a project of one Iceberg table."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    settings.warehouse.mkdir()
    (folder / "dbt_project.yml").write_text(
        "name: small\nprofile: small\nversion: '1.0'\n"
        "models: {+materialized: table, +table_type: iceberg}\n"
    )
    (folder / "profiles.yml").write_text(PROFILE)
    (folder / "models" / "numbers.sql").write_text("select 1 as number")
    object.__setattr__(settings, "project_dir", folder)
    return Dbt(settings, NoProgress())


@pytest.fixture(autouse=True)
def faults(local_athena: LocalAthena) -> Iterator[Any]:
    """Return where faults are ordered; what is left of them is removed."""
    yield local_athena.faults
    local_athena.faults.clear()


DBT_FAULTS = [
    (
        {"service": "athena", "operation": "StartQueryExecution"},
        "ThrottlingException",
        RunError,
        "AWS throttled the calls, repeats included (StartQueryExecution",
    ),
    (
        {"service": "athena", "operation": "StartQueryExecution"},
        "ExpiredTokenException",
        PlatformError,
        "AWS does not accept the credentials",
    ),
    (
        {"service": "athena", "operation": "StartQueryExecution"},
        "AccessDeniedException",
        PlatformError,
        "AWS denied the action (",
    ),
    (
        {"service": "glue", "operation": "GetTables"},
        "AccessDeniedException",
        PlatformError,
        "AWS denied the action (",
    ),
    (
        {"service": "athena", "operation": "query", "matching": "numbers"},
        "FAILED",
        RunError,
        "model numbers: ",
    ),
    (
        {"service": "athena", "operation": "query", "matching": "numbers"},
        "CANCELLED",
        RunError,
        "the query was cancelled",
    ),
]


@pytest.mark.parametrize(("where", "error", "kind", "expected"), DBT_FAULTS)
def test_a_fault_in_dbt_is_reported_and_the_next_run_is_green(  # noqa: PLR0917 - cases
    dbt: Dbt,
    faults: Any,
    where: dict[str, str],
    error: str,
    kind: type[CapacityError],
    expected: str,
) -> None:
    """By node where a node ran; nothing half published, and the same command again."""
    reason = {} if where["operation"] != "query" else {"reason": "Query was " + error}
    faults.inject(**where, error=error, times=40, **reason)
    with pytest.raises(kind) as caught:
        dbt.build("models")
    assert type(caught.value) is kind, str(caught.value)
    assert expected in str(caught.value)
    assert " → " in str(caught.value)
    faults.clear()
    dbt.build("models")
    marts = f"{dbt.settings.schema_prefix}_marts"
    found = read_sql(dbt.settings, f"select number from {marts}.numbers")  # noqa: S608
    assert found.to_pylist() == [{"number": 1}]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("CAPACITY_S3_DATA", "s3://gone/dbt/", "the S3 bucket does not exist"),
        ("CAPACITY_WORK_GROUP", "nobodys", "the Athena workgroup does not exist"),
    ],
)
def test_a_place_that_is_not_there_is_reported(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: str
) -> None:
    """The environment's fault, exit code 4."""
    name = variable.removeprefix("CAPACITY_").lower()
    object.__setattr__(dbt.settings, name, value)
    with pytest.raises(PlatformError) as caught:
        dbt.build("models")
    assert expected in str(caught.value)


def ledger(number: int) -> pa.Table:
    """Make a row of raw.loads."""
    row: dict[str, object] = dict.fromkeys(TABLES["raw.loads"].column_names)
    row |= {"load_id": "a", "rows_read": number}
    return pa.table({key: [value] for key, value in row.items()})


@pytest.mark.parametrize(
    ("service", "operation", "error", "kind", "expected"),
    [
        ("s3", "PutObject", "AccessDenied", PlatformError, "AWS denied the action"),
        ("s3", "PutObject", "ExpiredToken", PlatformError, "not accept the credential"),
        ("s3", "PutObject", "NoSuchBucket", PlatformError, "bucket does not exist"),
        ("s3", "PutObject", "SlowDown", RunError, "AWS throttled the calls"),
        ("glue", "UpdateTable", "AccessDeniedException", PlatformError, "UpdateTable"),
        ("glue", "UpdateTable", "ThrottlingException", RunError, "throttled"),
        ("glue", "GetTable", "ExpiredTokenException", PlatformError, "credentials"),
    ],
)
def test_a_fault_in_the_store_is_reported_and_the_write_repeated(  # noqa: PLR0917 - cases
    settings: Settings,
    faults: Any,
    service: str,
    operation: str,
    error: str,
    kind: type[CapacityError],
    expected: str,
) -> None:
    """The table is named; what was there is there, then what was wanted."""
    store = Store.open(settings)
    store.init()
    here = equal_to("load_id", "a")
    store.overwrite("raw.loads", ledger(1), where=here)
    operations = [operation]
    if operation == "PutObject":
        operations += ["CreateMultipartUpload", "UploadPart"]
    for each in operations:
        faults.inject(service=service, operation=each, error=error, times=99)
    with pytest.raises((OSError, ClientError)) as caught:
        store.overwrite("raw.loads", ledger(2), where=here)
    faults.clear()
    failure = explained(caught.value)
    assert type(failure) is kind, repr(caught.value)
    assert str(failure).startswith("table raw.loads: ")
    assert expected in str(failure)
    assert store.read("raw.loads")["rows_read"].to_pylist() == [1]
    store.overwrite("raw.loads", ledger(2), where=here)
    assert store.read("raw.loads")["rows_read"].to_pylist() == [2]
