"""A copied or moved warehouse: each command refuses it, one makes it usable."""

import shutil
from pathlib import Path

import pytest
from refused_warehouse import COMMANDS, state
from typer.testing import CliRunner

from python_jobs.cli.app import app
from python_jobs.platform.errors import PlatformError, UsageError
from python_jobs.platform.settings import Settings
from python_jobs.store import TABLES, Store

METRICS = """\
server_id,timestamp,cpu_p95,mem_p95,disk_p95,net_in_p95,net_out_p95
S1,2025-01-01,40,45,30,100,50
"""


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the copy of a warehouse, in a folder whose name a shell would split."""
    Store.open(Settings(warehouse=tmp_path / "original")).init()
    copied = Path(shutil.copytree(tmp_path / "original", tmp_path / "a copy"))
    monkeypatch.setenv("CAPACITY_WAREHOUSE", str(copied))
    return copied


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_alike(copy: Path, command: str) -> None:
    """One message with both folders and the command that helps; nothing changes."""
    before = state(copy)
    ended = CliRunner().invoke(app, command.split())
    assert isinstance(ended.exception, PlatformError), ended.exception
    assert str(ended.exception) == (
        f"the warehouse {copy} was copied or moved: its tables name files in"
        f" {copy.parent / 'original'} → run `capacity --warehouse '{copy}' adopt` once"
        " to make it a warehouse of its own; nothing was changed"
    )
    assert state(copy) == before


@pytest.mark.usefixtures("copy")
def test_doctor_finds_it() -> None:
    """The check of the warehouse fails by the same message."""
    ended = CliRunner().invoke(app, ["doctor"])
    assert isinstance(ended.exception, PlatformError)
    assert str(ended.exception).startswith("warehouse failed")
    assert "copied or moved" in " ".join(ended.stdout.split())


def test_adopted_it_loads_and_the_original_stays(copy: Path, tmp_path: Path) -> None:
    """The command tells both folders; twice is as good as once."""
    before = state(tmp_path / "original")
    ended = CliRunner().invoke(app, ["adopt"], catch_exceptions=False)
    said = f"{len(TABLES)} tables of {tmp_path / 'original'} now belong to {copy}, "
    assert ended.stdout.startswith(said)
    again = CliRunner().invoke(app, ["adopt"], catch_exceptions=False)
    assert again.stdout == f"{copy} is a warehouse of its own already\n"
    metrics = tmp_path / "metrics.csv"
    metrics.write_text(METRICS)
    for command in (["load", str(metrics)], ["status"], ["maintain"]):
        assert CliRunner().invoke(app, command, catch_exceptions=False).exit_code == 0
    assert Store.open(Settings(warehouse=copy)).read("raw.loads").num_rows == 1
    assert state(tmp_path / "original") == before


@pytest.mark.usefixtures("copy")
def test_tables_in_s3_stay_where_they_are() -> None:
    """Nothing of Athena's names the local folder."""
    ended = CliRunner().invoke(app, ["--target", "athena", "adopt"])
    assert isinstance(ended.exception, UsageError)
    assert "adopt is for local warehouses" in str(ended.exception)
