"""Everything starts by one command, says what is wrong, and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from athena_local import LocalAthena, LocalAthenaError
from athena_local.trino_install import TRINO_VERSION
from athena_local.trino_server import TrinoServer
from fake_programs import READY, java_home

TESTS = Path(__file__).parents[2]


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """Return an environment with a Java that plays Trino, and an empty Trino."""
    java_home(tmp_path / "java", python=READY)
    (tmp_path / "cache" / f"trino-server-{TRINO_VERSION}").mkdir(parents=True)
    return {
        **os.environ,
        "PYTHONPATH": str(TESTS),
        "JAVA_HOME": str(tmp_path / "java"),
        "CAPACITY_TRINO_CACHE": str(tmp_path / "cache"),
    }


def _started(variables: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "athena_local", *arguments]
    return subprocess.Popen(
        command,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _children_when_ready(started: subprocess.Popen[str]) -> list[int]:
    """Wait for the printed variables, and return the process ids of its children."""
    assert started.stdout is not None
    assert started.stdout.readline().startswith("export ")
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text()
    return [int(pid) for pid in children.split()]


def _is_gone(pid: int) -> bool:
    """Wait a little for a process to end."""
    for _ in range(50):
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize("signal_sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_process(
    variables: dict[str, str], signal_sent: signal.Signals
) -> None:
    """Java ends before it does, and it ends well."""
    with _started(variables) as started:
        (java,) = _children_when_ready(started)
        started.send_signal(signal_sent)
        assert started.wait(timeout=30) == 0
        assert not Path(f"/proc/{java}").exists()


def test_the_real_trino_ends_with_a_killed_parent(tmp_path: Path) -> None:
    """A parent that is killed can stop nothing: the kernel does."""
    variables = {**os.environ, "PYTHONPATH": str(TESTS)}
    with _started(variables, "--folder", str(tmp_path)) as started:
        (java,) = _children_when_ready(started)
        assert b"io.trino.server" in Path(f"/proc/{java}/cmdline").read_bytes()
        started.kill()
        assert started.wait(timeout=30) == -signal.SIGKILL
        assert _is_gone(java)


def test_a_command_runs_in_the_environment(variables: dict[str, str]) -> None:
    """Its exit code is the program's, and all has stopped by then."""
    script = "echo $CAPACITY_TARGET $AWS_ENDPOINT_URL_ATHENA; exit 7"
    with _started(variables, "--", "sh", "-c", script) as started:
        output, errors = started.communicate(timeout=60)
    assert started.returncode == 7, errors
    assert output.startswith("athena http://127.0.0.1:")


def test_a_trino_that_ends_while_it_starts_is_quoted(
    variables: dict[str, str], tmp_path: Path
) -> None:
    """The last lines of its log, and no traceback of ours."""
    java_home(tmp_path / "java", python="print('port taken'); raise SystemExit(3)")
    with _started(variables) as started:
        output, errors = started.communicate(timeout=60)
    assert (started.returncode, output) == (1, "")
    assert "Trino ended while it started (exit code 3)" in errors
    assert "port taken" in errors
    assert "Traceback" not in errors


def test_a_trino_that_is_never_ready_is_stopped(
    variables: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time it was given."""
    java_home(tmp_path / "java", python="import time; time.sleep(600)")
    for name in ("JAVA_HOME", "CAPACITY_TRINO_CACHE"):
        monkeypatch.setenv(name, variables[name])
    server = TrinoServer(
        aws_url="http://127.0.0.1:1",
        folder=tmp_path,
        warehouse="s3://bucket/",
        say=lambda _: None,
    )
    server.launch()
    with pytest.raises(LocalAthenaError, match="not ready within 1 s"):
        server.wait(within_seconds=1)


def test_the_environment_knows_this_stack_alone(local_athena: LocalAthena) -> None:
    """Every address is local, and no profile of the user's can be read."""
    environment = local_athena.environment
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ATHENA"):
        assert environment[name].startswith("http://127.0.0.1:")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert not Path(environment[name]).exists()
    bucket = f"s3://{local_athena.buckets[0]}/"
    for name in ("WAREHOUSE", "DATA", "STAGING"):
        assert environment[f"CAPACITY_S3_{name}"].startswith(bucket)
