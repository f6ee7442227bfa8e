"""A few kills of the loop in `tests/kill_loop`, and that its eyes are open.

`make test-kill` is the whole of it: 200 kills, and whole runs among them.
"""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from built_warehouse import days_from, empty_store, load_days
from kill_loop.checks import row_faults
from kill_loop.loop import Plan, load_progress, run_loop
from kill_loop.reading import Polls
from kill_loop.sessions import kill_session, session_members
from parsed_project import give_parse

from python_jobs.store.filters import equal_to

CONFIG = """\
generator:
  server_count: 2
  first_date: 2025-03-01
  last_date: 2025-06-30
jobs:
  candidates: [holt_winters_calendar]
"""
KILLS = {"load": 2, "maintain": 1, "jobs": 1, "build": 1}


@pytest.mark.slow
def test_killed_commands_lose_nothing_and_show_nothing_half(tmp_path: Path) -> None:
    """Five kills; the sums are written down, and with them the loop has ended."""
    plan = Plan(tmp_path, CONFIG, KILLS)
    give_parse(plan.warehouse / "capacity.build.duckdb")
    progress = run_loop(plan)
    assert progress.faults == []
    assert progress.kills == KILLS
    # of the first run, and of the build that was left alone in the end
    assert progress.builds >= 2
    assert progress.polls > progress.rounds
    assert load_progress(tmp_path) == progress
    again = run_loop(plan)
    assert (again.kills, again.rounds, again.parts) == (KILLS, progress.rounds, 2)


def test_rows_that_are_lost_changed_or_of_nobody_are_found(tmp_path: Path) -> None:
    """Two days are stored; three were delivered, one of them with another value."""
    days = days_from(date(2025, 1, 1), 3)
    store = empty_store(tmp_path)
    load_days(store, {days[0]: 10.0, days[1]: 11.0}, load_id="one", server_id="a")
    base = pd.DataFrame(
        {
            "server_id": "a",
            "timestamp": pd.to_datetime(days).astype("datetime64[us]"),
            "cpu_p95": [10.0, 99.0, 12.0],
        }
    )
    base[["mem_p95", "disk_p95", "net_in_p95", "net_out_p95"]] = float("nan")
    kinds = [fault.kind for fault in row_faults(tmp_path, base, [])]
    # the ledger knows a load of which no file is known, too
    assert kinds == ["lost", "changed", "lost"]
    kinds = [fault.kind for fault in row_faults(tmp_path, base[:0], [])]
    assert kinds == ["changed", "lost"]
    store.delete("raw.loads", where=equal_to("load_id", "one"))
    base.loc[1, "cpu_p95"] = 11.0
    assert list(row_faults(tmp_path, base[:2], [])) == []


def marts(database: Path, *, as_of_date: str, of_rows: str, finished_at: str) -> None:
    """Make a built database of one mart."""
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema if not exists marts;"
            "create or replace table marts.builds as select"
            f" date '{as_of_date}' as as_of_date, ['r'] as run_ids,"
            f" timestamp '{finished_at}' as finished_at;"
            "create or replace table marts.dim_series as select"
            f" date '{of_rows}' as as_of_date;"
            "create or replace table marts.fct_server_days as select"
            f" date '{as_of_date}' as metric_date"
        )


def test_a_reader_tells_marts_of_two_dates(tmp_path: Path) -> None:
    """And a build whose rows change, that comes back, or cannot be opened."""
    path = tmp_path / "capacity.duckdb"
    polls = Polls(str(path))
    marts(path, as_of_date="2025-01-02", of_rows="2025-01-02", finished_at="2026-01-02")
    polls.poll()
    assert polls.take() == {"polls": 1, "builds": ["2026-01-02 00:00:00"], "faults": []}
    marts(path, as_of_date="2025-01-02", of_rows="2025-01-01", finished_at="2026-01-02")
    polls.poll()
    mixed, changed = polls.take()["faults"]
    assert "dim_series holds ['2025-01-01'], its build ['2025-01-02']" in mixed
    assert "has changed its rows" in changed
    marts(path, as_of_date="2025-01-02", of_rows="2025-01-02", finished_at="2026-01-01")
    polls.poll()
    (back,) = polls.take()["faults"]
    assert "came after 2026-01-02" in back
    path.write_bytes(b"half a file")
    polls.poll()
    (refused,) = polls.take()["faults"]
    assert refused.startswith("a reader is refused")


def test_a_session_is_killed_with_the_groups_in_it() -> None:
    """Dbt runs in a group of its own, which the kill of a group would spare."""
    child = "import time; time.sleep(600)"
    parent = (
        "import subprocess, sys;"
        f"subprocess.Popen([sys.executable, '-c', {child!r}], process_group=0);"
        f"print('started', flush=True); {child}"
    )
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        groups = {os.getpgid(each) for each in session_members(process.pid)}
        assert len(groups) == 2
        kill_session(process.pid)
        assert session_members(process.pid) == ()
