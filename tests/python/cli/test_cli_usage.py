"""What a user can mistype, and what the command says to it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from capacity_process import Capacity, run_capacity
from typer.main import get_command

from python_jobs.cli.app import app, hoisted


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 2, "No such command 'nope'"),
        (["run", "--nope"], 2, "No such option: --nope"),
        (["run", "--as-of", "31.12.2025"], 2, "write YYYY-MM-DD, such as 2025-12-31"),
        (["--as-of", "2025-02-30", "build"], 2, "'2025-02-30' is no date"),
        (["status", "--target", "snowflake"], 2, "use duckdb or athena"),
        (["load"], 2, "nothing to load → `capacity load FILE… [--servers FILE]`"),
        (["run", "metrics.csv"], 2, "run takes files only as `--data FILE…`"),
        (["run", "--servers", "s.csv"], 2, "run takes files only as `--data FILE…`"),
        (["run", "--data", "gone.csv"], 2, "no file gone.csv → check the path"),
        (
            ["jobs", "guess"],
            2,
            "use calendar_weights, usage_forecasts, server_clusters",
        ),
        (["jobs"], 2, "nothing is built yet → `capacity build`"),
        (["query", "nope"], 2, "use one of: cluster_quality, forecast_by"),
        (["query", "servers_above_cpu", "--nope", "1"], 2, "has no --nope → it takes"),
        (["query", "servers_above_cpu", "--days", "x"], 2, "--days 'x' is no bigint"),
        (["query", "servers_above_cpu", "--days"], 2, "--days has no value"),
        (["query", "servers_above_cpu", "7"], 2, "'7' is no option"),
        (["query", "servers_above_cpu", "--output", "x.xls"], 2, ".csv or .parquet"),
        (["config", "--config", "gone.yml"], 3, "gone.yml: cannot be read"),
        (["status"], 4, "→ run `capacity init`"),
        # nobody may make a folder there, root neither
        (["run", "--warehouse", "/sys/capacity"], 4, "/sys/capacity: "),
    ],
)
def test_a_mistake_has_its_exit_code_and_a_way_out(
    capacity: Capacity, arguments: list[str], code: int, said: str
) -> None:
    """The exit code is the kind of mistake, the message what to do; no traceback."""
    ended = capacity(*arguments)
    assert ended.returncode == code, ended.stderr
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not ended.stdout


def test_an_error_is_a_json_line_off_the_terminal(capacity: Capacity) -> None:
    """A scheduler reads level, message and exit code from the last line."""
    ended = capacity("query", "nope")
    line = json.loads(ended.stderr.splitlines()[-1])
    assert line["level"] == "error"
    assert line["exit_code"] == 2
    assert line["message"].startswith("no query 'nope' → use one of:")


def test_debug_shows_the_traceback(capacity: Capacity) -> None:
    """Who asks for it sees where the error came from."""
    ended = capacity("query", "nope", "--debug")
    assert ended.returncode == 2
    assert "Traceback" in ended.stderr


def test_no_command_prints_the_help(capacity: Capacity) -> None:
    """Somebody who types the bare name sees the commands."""
    text = capacity("--help").stdout
    for name in get_command(app).commands:
        assert f" {name} " in text


def test_global_options_may_follow_the_command() -> None:
    """`capacity run --as-of D` is what people type."""
    assert hoisted(["run", "--as-of", "2025-01-01", "--data", "a", "b"]) == [
        "--as-of", "2025-01-01", "run", "--data", "a", "b",
    ]  # fmt: skip
    assert hoisted(["query", "q", "--days=3", "--target=duckdb"]) == [
        "--target=duckdb", "query", "q", "--days=3",
    ]  # fmt: skip
    assert hoisted(["load", "--", "--config"]) == ["load", "--", "--config"]


def test_doctor_finds_this_environment_good(capacity: Capacity) -> None:
    """Every check holds here, and each is named."""
    ended = capacity("doctor")
    assert ended.returncode == 0, ended.stdout
    subjects = ("python", "packages", "disk", "clock", "dbt", "profile", "warehouse")
    for subject in subjects:
        assert f"ok  {subject}" in ended.stdout
    assert "credentials" not in ended.stdout


def test_doctor_misses_credentials_for_athena(
    capacity: Capacity, tmp_path: Path
) -> None:
    """On the athena target credentials are looked for, and named when missing."""
    ended = capacity(
        "doctor",
        "--target",
        "athena",
        AWS_EC2_METADATA_DISABLED="true",
        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"),
        AWS_CONFIG_FILE=str(tmp_path / "none"),
    )
    assert ended.returncode == 4
    assert "FAIL  credentials" in ended.stdout
    assert "set AWS_PROFILE" in ended.stdout


def test_init_is_safe_to_repeat(capacity: Capacity) -> None:
    """The first time creates the tables, the second finds them."""
    assert "tables created" in capacity("init").stdout
    assert "every table is there" in capacity("init").stdout
    status = capacity("status")
    assert status.returncode == 0, status.stderr
    assert "raw.server_metrics" in status.stdout
    assert "none on record" in status.stdout


@pytest.mark.parametrize("as_of", ["2021-12-31", "2052-01-01"])
def test_as_of_outside_the_loaded_days_is_refused(
    capacity: Capacity, tmp_path: Path, as_of: str
) -> None:
    """A date that no loaded day supports is a slip: the range is said, not built."""
    choices = "server_count: 2, first_date: 2025-01-01, truth_days_ahead: 0"
    config = tmp_path / "tiny.yml"
    config.write_text(f"generator: {{{choices}, switches: {{spikes: false}}}}\n")
    assert capacity("generate", "--config", config).returncode == 0
    ended = capacity("build", "--as-of", as_of)
    assert ended.returncode == 2
    assert f"--as-of {as_of} is outside the loaded days, 2025-01-01" in ended.stderr
    assert not (tmp_path / "capacity.duckdb").exists()


def test_run_data_is_refused_on_athena(capacity: Capacity, tmp_path: Path) -> None:
    """Foreign files never go into the tables of production by a default."""
    extract = tmp_path / "extract.csv"
    extract.write_text("timestamp,server_id,cpu_p95\n2025-01-01,a,1\n")
    ended = capacity("run", "--target", "athena", "--data", extract)
    assert ended.returncode == 2
    assert "a warehouse of their own, which Athena has not" in ended.stderr


def test_help_loads_nothing_that_only_work_needs() -> None:
    """Every command would pay for it: a second and more."""
    code = (
        "import sys; import python_jobs.cli.app;"
        "print({'pandas', 'pyarrow', 'duckdb', 'pyiceberg', 'yaml', 'dbt'}"
        " & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout == "set()\n"


def test_status_loads_nothing_that_only_writers_need(tmp_path: Path) -> None:
    """It would cost three times as much."""
    assert run_capacity("init", warehouse=tmp_path).returncode == 0
    code = (
        "import sys; from python_jobs.cli.app import app;"
        f"sys.argv = ['capacity', '--warehouse', {str(tmp_path)!r}, 'status'];"
        "app(standalone_mode=False);"
        "print({'pandas', 'pyarrow', 'pyiceberg', 'sqlalchemy'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, capture_output=True, text=True, check=True)
    assert finished.stdout.endswith("\nset()\n")
