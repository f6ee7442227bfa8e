"""dbt as a process: what failed is reported node by node, on a small real project."""

import io
import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import duckdb
import pytest

from python_jobs.cli.dbt import Dbt
from python_jobs.platform.errors import RunError
from python_jobs.platform.progress import LogProgress
from python_jobs.platform.settings import Settings

PROFILE = """\
small:
  target: duckdb
  outputs:
    duckdb: {type: duckdb, path: "{{ env_var('CAPACITY_WAREHOUSE') }}/capacity.duckdb"}
"""
PROPERTIES = """\
models:
  - name: numbers
    columns:
      - name: number
        data_tests:
          - accepted_values:
              arguments: {values: [2], quote: false}
              config: {severity: %s}
"""


@pytest.fixture
def log() -> io.StringIO:
    """Return where the progress goes."""
    return io.StringIO()


@pytest.fixture
def dbt(tmp_path: Path, log: io.StringIO) -> Dbt:
    """Return a project of one model with one test that only warns."""
    (tmp_path / "models").mkdir()
    (tmp_path / "dbt_project.yml").write_text(
        "name: small\nprofile: small\nversion: '1.0'\n"
    )
    (tmp_path / "profiles.yml").write_text(PROFILE)
    (tmp_path / "models" / "numbers.sql").write_text("select 1 as number")
    (tmp_path / "models" / "numbers.yml").write_text(PROPERTIES % "warn")
    settings = Settings(warehouse=tmp_path / "warehouse", project_dir=tmp_path)
    settings.warehouse.mkdir()
    return Dbt(settings, LogProgress(log))


def rows(dbt: Dbt, relation: str) -> list[tuple[object, ...]]:
    """Read what was built."""
    path = str(dbt.settings.warehouse / "capacity.duckdb")
    with duckdb.connect(path, read_only=True) as connection:
        return connection.table(relation).fetchall()


def children(process: int) -> list[int]:
    """Return the running processes of dbt that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            is_dbt = "dbt_server" in (folder / "cmdline").read_text()
            if int(parent) == process and is_dbt:
                found.append(int(folder.name))
    return found


def is_running(process: int) -> bool:
    """Return whether a process is there and no zombie."""
    with suppress(OSError):
        stat = Path(f"/proc/{process}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


def test_nodes_are_counted_and_warnings_reported(dbt: Dbt, log: io.StringIO) -> None:
    """One model and one test are two nodes; the warning is a line of its own."""
    dbt.build("models")
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [line["done"] for line in events if line.get("state") == "done"] == [2]
    warnings = [line["message"] for line in events if line["level"] == "warning"]
    assert len(warnings) == 1
    assert warnings[0].startswith("test accepted_values_numbers_number__False__2")


def test_a_failed_test_is_reported_with_its_rows(dbt: Dbt) -> None:
    """The message names the test, what it found, and the query that shows the rows."""
    properties = dbt.settings.project_dir / "models" / "numbers.yml"
    properties.write_text(PROPERTIES % "error")
    with pytest.raises(RunError) as caught:
        dbt.build("models")
    message = str(caught.value)
    assert message.startswith(
        "1 dbt node failed\n  test accepted_values_numbers_number"
    )
    assert "Got 1 result" in message
    assert "→ look at the rows this query finds: " in message
    compiled = Path(message.rsplit(": ", 1)[1])
    assert "number" in compiled.read_text("utf-8")


def test_a_failed_model_is_reported_with_the_way_back(dbt: Dbt) -> None:
    """The engine's words and the command that continues."""
    model = dbt.settings.project_dir / "models" / "numbers.sql"
    model.write_text("select nope as number")
    with pytest.raises(RunError) as caught:
        dbt.build("models")
    message = str(caught.value)
    assert "model numbers: " in message
    assert "nope" in message
    assert "→ correct the model, then `capacity build --select numbers+`" in message


def test_a_project_that_does_not_parse_is_reported(dbt: Dbt) -> None:
    """An error before the first node has no node; dbt's words are passed on."""
    model = dbt.settings.project_dir / "models" / "numbers.sql"
    model.write_text("select * from {{ ref('gone') }}")
    with pytest.raises(RunError, match="depends on a node named 'gone'"):
        dbt.build("models")


def test_commands_of_one_process_see_their_own_variables(dbt: Dbt) -> None:
    """Queries and configuration follow the variables; the project is parsed once."""
    model = dbt.settings.project_dir / "models" / "numbers.sql"
    model.write_text(
        "{{ config(alias='n' ~ env_var('CAPACITY_REPROCESS_FROM', '')[:4]) }}"
        "select 1 as number, '{{ env_var('CAPACITY_AS_OF_DATE', '') }}' as day"
    )
    with dbt.ready():
        dbt.build("models", variables={"as_of_date": "2025-01-01"})
        assert rows(dbt, "n") == [(1, "2025-01-01")]
        model.write_text("select 2 as number")
        dbt.build("models", variables={"as_of_date": "2025-01-02"})
        assert rows(dbt, "n") == [(1, "2025-01-02")]
    model.write_text(
        "{{ config(alias='n' ~ env_var('CAPACITY_REPROCESS_FROM', '')[:4]) }}"
        "select 3 as number"
    )
    with dbt.ready():
        dbt.build("models", variables={"reprocess_from": "2024-05-06"})
        assert rows(dbt, "n2024") == [(3,)]


def test_another_variable_is_refused(dbt: Dbt) -> None:
    """It would be ignored: only two are handed over."""
    with pytest.raises(ValueError, match="horizon"):
        dbt.build("models", variables={"horizon": "1"})


def test_the_next_command_sees_what_was_written_between(dbt: Dbt) -> None:
    """The file is free when a command has ended; what others write, the next reads."""
    model = dbt.settings.project_dir / "models" / "numbers.sql"
    model.write_text("select number from lake.written")

    def write(number: int) -> None:
        path = str(dbt.settings.warehouse / "capacity.duckdb")
        with duckdb.connect(path) as connection:
            connection.execute("create schema if not exists lake")
            connection.execute(
                f"create or replace table lake.written as select {number} as number"
            )

    with dbt.ready():
        for number in (1, 2, 3):
            write(number)
            dbt.build("models")
            assert rows(dbt, "numbers") == [(number,)]


def test_only_events_that_are_read_are_told(dbt: Dbt) -> None:
    """Nodes and their results, none of dbt's debugging; no log is written either."""
    lines: list[str] = []
    with dbt.ready() as process:
        assert process.run(["build"], {}, read=lines.append) == 0
    events = [json.loads(line)["info"] for line in lines]
    assert {event["level"] for event in events} == {"info", "warn"}
    names = [event["name"] for event in events]
    assert names.count("LogModelResult") == 1
    assert names.count("EndOfRunSummary") == 1
    assert not list(dbt.settings.warehouse.rglob("dbt.log"))


def test_a_command_that_is_killed_is_reported(dbt: Dbt) -> None:
    """Its exit code is the signal's, and no process is left."""

    def kill(_line: str) -> None:
        for process in children(os.getpid()):
            os.kill(process, signal.SIGKILL)

    with dbt.ready() as process:
        assert process.run(["build"], {}, read=kill) == -signal.SIGKILL
    assert children(os.getpid()) == []
    dbt.build("models")
    assert rows(dbt, "numbers") == [(1,)]


def test_a_command_that_nobody_reads_ends(dbt: Dbt) -> None:
    """Whoever asked was killed: nothing stays that holds the file and the lock."""
    with dbt.ready() as process:
        command = process._process

        def leave(_line: str) -> None:
            assert command.stdout is not None
            command.stdout.close()

        with pytest.raises(ValueError, match="closed file"):
            process.run(["build"], {}, read=leave)
        assert command.wait(timeout=60) == 1


def test_a_command_that_does_not_stop_is_killed(
    dbt: Dbt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An interrupt leaves no process of dbt behind, that could write on."""
    monkeypatch.setattr("python_jobs.cli.dbt_process._SECONDS_TO_STOP", 1)
    halted: list[int] = []

    def halt(_line: str) -> None:
        halted.extend(children(os.getpid()))
        for command in halted:
            os.kill(command, signal.SIGSTOP)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), dbt.ready() as process:
        process.run(["build"], {}, read=halt)
    assert len(halted) == 1
    assert not is_running(halted[0])


def test_an_analysis_is_compiled_for_the_target(dbt: Dbt) -> None:
    """The rendered text of one node comes back."""
    assert dbt.compile("numbers", select="numbers").strip() == "select 1 as number"
