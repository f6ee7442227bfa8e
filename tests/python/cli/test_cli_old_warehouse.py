"""A warehouse of another version: each command refuses it and writes nothing."""

from pathlib import Path

import pytest
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt_common.exceptions import DbtRuntimeError
from pyiceberg.schema import Schema
from pyiceberg.types import DoubleType, NestedField, StringType
from refused_warehouse import COMMANDS, state
from typer.testing import CliRunner

from python_jobs.cli.app import app
from python_jobs.forecasting.scale.features import open_source
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.dbt_plugin import Plugin

OLD_NAME, NEW_NAME = "ml.load_forecasts", "ml.usage_forecasts"
DIFFERS = "ml.forecast_drift"
SAID = (
    f"was made by another version: table {DIFFERS} differs; it has unknown columns"
    " load_error_sum → use a new warehouse folder (--warehouse, CAPACITY_WAREHOUSE) and"
    " load the data again; nothing is migrated, nothing was changed"
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Return a warehouse with a table under its former name and a former column."""
    store = Store.open(Settings(warehouse=tmp_path))
    store.init()
    store.catalog.rename_table(NEW_NAME, OLD_NAME)
    with store.catalog.load_table(DIFFERS).update_schema() as change:
        change.add_column("load_error_sum", DoubleType())
    (tmp_path / "last_build_duckdb.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_alike(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """One message with table, difference and advice; no file is other than before."""
    monkeypatch.setenv("CAPACITY_WAREHOUSE", str(warehouse))
    before = state(warehouse)
    ended = CliRunner().invoke(app, command.split())
    assert isinstance(ended.exception, PlatformError), ended.exception
    assert str(ended.exception) == f"the warehouse {warehouse} {SAID}"
    assert state(warehouse) == before


def test_doctor_finds_it(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check of the warehouse fails by the same message."""
    monkeypatch.setenv("CAPACITY_WAREHOUSE", str(warehouse))
    ended = CliRunner().invoke(app, ["doctor"])
    assert isinstance(ended.exception, PlatformError)
    assert str(ended.exception).startswith("warehouse failed")
    assert "made by another version" in " ".join(ended.stdout.split())


def test_plain_dbt_and_forecasts_at_scale_refuse_it(warehouse: Path) -> None:
    """Who opens the warehouse beside the command line gets the same message."""
    path = str(warehouse / "capacity.duckdb")
    plugin = Plugin("dbt_plugin", {}, DuckDBCredentials(path=path))
    with pytest.raises(DbtRuntimeError, match="was made by another version"):
        plugin.update_connection_config(DuckDBCredentials(path=path), {})
    assert not Path(path).exists()
    with pytest.raises(PlatformError, match="was made by another version"):
        open_source(Settings(warehouse=warehouse), features=None)


def test_the_first_of_several_tables_is_named(warehouse: Path) -> None:
    """Its differences are given, of the others the names."""
    store = Store.open(Settings(warehouse=warehouse))
    store.catalog.drop_table("raw.loads")
    columns = (
        NestedField(1, "file_sha256", DoubleType(), required=False),
        NestedField(2, "old", StringType(), required=False),
    )
    store.catalog.create_table("raw.loads", schema=Schema(*columns))
    with pytest.raises(PlatformError) as caught:
        store.check()
    said = str(caught.value)
    assert f"table raw.loads differs, so do {DIFFERS}; it has unknown columns" in said
    assert "unknown columns old and lacks columns load_id, " in said
    assert " and has column file_sha256 as double, not string → " in said
