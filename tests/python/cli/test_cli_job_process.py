"""The jobs in a process of their own: errors come through, nobody is left behind."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from python_jobs.cli.job_process import JobProcess, JobTraceback, job_process
from python_jobs.cli.job_server import Request
from python_jobs.forecasting.config import JobsConfig
from python_jobs.platform.errors import InputError, PlatformError
from python_jobs.platform.progress import LogProgress, NoProgress
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

PARENT = """
import sys, time
from python_jobs.cli.job_process import JobProcess
process = JobProcess()
print(process._process.pid, flush=True)
time.sleep(600)
"""


def request(warehouse: Path, **options: int) -> Request:
    """Ask for the one job that solves for the calendar's weights."""
    return Request(
        names=("calendar_weights",),
        settings=Settings(warehouse=warehouse, accepts_clock=True),
        as_of_date=date(2025, 12, 31),
        options=JobsConfig(processes=2, candidates=("sarima",), **options),
        is_from_saved=False,
    )


def is_running(process: int) -> bool:
    """Return whether a process is there and no zombie."""
    with suppress(OSError):
        stat = Path(f"/proc/{process}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_request_arrives_as_it_was(tmp_path: Path) -> None:
    """Places, dates and options; also the cores, which are no part of a run's name."""
    sent = request(tmp_path, fit_days=91)
    found = Request.of_line(sent.to_line())
    assert found == sent
    assert found.settings.accepts_clock
    assert found.options.processes == 2


def test_an_error_comes_through_as_it_was(tmp_path: Path) -> None:
    """Its kind, so its exit code, and its words; where it came from is the cause."""
    Store.open(Settings(warehouse=tmp_path)).init()
    with (
        job_process() as process,
        pytest.raises(InputError, match=r"was not built yet .* → run `cap") as raised,
    ):
        process.run(request(tmp_path), progress=NoProgress())
    assert isinstance(raised.value.__cause__, JobTraceback)
    assert "in _read_duckdb" in str(raised.value.__cause__)
    assert not is_running(process._process.pid)


def test_a_killed_process_is_told(tmp_path: Path) -> None:
    """As the system does when memory runs out."""
    with job_process() as process:
        os.kill(process._process.pid, signal.SIGKILL)
        with pytest.raises(PlatformError, match=r"was killed by SIGKILL → .* memory"):
            process.run(request(tmp_path), progress=NoProgress())


def test_nobody_is_left_when_the_command_is_killed() -> None:
    """Its process waits for a request, and sees that nobody will send one."""
    command = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    )
    assert command.stdout is not None
    jobs = int(command.stdout.readline())
    assert is_running(jobs)
    command.kill()
    command.communicate()
    until = time.monotonic() + 120
    while is_running(jobs) and time.monotonic() < until:
        time.sleep(0.1)
    assert not is_running(jobs)


def test_jobs_end_with_the_command_that_asked() -> None:
    """While they are fitting, not only when they are through."""
    program = (
        "import threading, time; from python_jobs.cli import job_server;"
        " threading.Thread(target=job_server._end_with_the_other, daemon=True).start();"
        " time.sleep(600)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=120,
    )
    assert ended.returncode == 1


def test_progress_is_shown_as_it_was_reported() -> None:
    """A step with its count and total, a note, a warning."""
    log = io.StringIO()
    lines = [
        ["note", "begun", {"jobs": 1}],
        ["task", "fit", None, "series"],
        ["set_total", 3],
        ["advance", 2, "a"],
        ["warn", "slow", {}],
        ["advance", 1, ""],
        ["done"],
        ["ended"],
    ]
    process = JobProcess()
    try:
        process._follow(
            (json.dumps(line) for line in lines), LogProgress(log), task=None
        )
    finally:
        process.stop()
    events = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [event["message"] for event in events] == ["begun", "fit", "slow", "fit"]
    assert events[2]["level"] == "warning"
    assert events[3]["done"] == 3
