"""One writer at a time in a local warehouse, refused before it begins."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import Holder, write_lock

HELD = """
import sys
from pathlib import Path
from python_jobs.platform.settings import Settings
from python_jobs.platform.write_lock import write_lock
with write_lock(Settings(warehouse=Path(sys.argv[1])), "load"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def holding(warehouse: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock until it is asked to end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, str(warehouse)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_the_second_writer_learns_who_writes(settings: Settings) -> None:
    """By command, process and time; when the first has ended, the second goes."""
    first = holding(settings.warehouse)
    expected = (
        rf"`capacity load` \(process {first.pid} on .*, since .*\) writes to .*wait"
    )
    with pytest.raises(PlatformError, match=expected), write_lock(settings, "run"):
        pass
    first.communicate("\n")
    with write_lock(settings, "run"):
        assert Holder.read((settings.warehouse / "run.json").read_bytes())
    assert not (settings.warehouse / "run.json").exists()


def test_a_killed_writer_leaves_no_lock(settings: Settings) -> None:
    """The system frees it; its note is overwritten."""
    first = holding(settings.warehouse)
    first.kill()
    first.communicate()
    with write_lock(settings, "run"):
        pass


def test_a_killed_writers_dbt_keeps_others_out(settings: Settings) -> None:
    """It goes on after its parent was killed; two builds would drop each other's."""
    program = f"""
import subprocess, sys
from pathlib import Path
from python_jobs.platform.settings import Settings
from python_jobs.platform.file_lock import held_descriptors
from python_jobs.platform.write_lock import write_lock
with write_lock(Settings(warehouse=Path({str(settings.warehouse)!r})), "build"):
    child = subprocess.Popen(["cat"], stdin=0, pass_fds=held_descriptors())
    print(child.pid, flush=True)
    child.wait()
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdin is not None
    assert int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    with (
        pytest.raises(PlatformError, match="the dbt process of `capacity build`"),
        write_lock(settings, "run"),
    ):
        pass
    # the end of its input ends the child
    parent.stdin.close()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            with write_lock(settings, "run"):
                return
        except PlatformError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
