"""What `.ci/run` ends with, for checks that pass and checks that fail.

`make` is stood in for by a script, for this is about the status alone.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CI_RUN = Path(__file__).resolve().parents[2] / ".ci" / "run"
CHECKS = ["lint", "parse", "test", "docs", "sbom"]
PASSED = "===== 3 passed in 1.00s ====="
MAKE = """#!/usr/bin/env bash
echo "$1" >>asked
if [[ $1 == "$FAILS" ]]; then
    until [[ $1 == test-athena || -s athena.pid ]]; do sleep .01; done
    echo "===== 1 failed in 1.00s ====="
    exit 2
fi
if [[ $1 == test-athena && -n $FAILS ]]; then echo $$ >athena.pid; exec sleep 60; fi
if [[ $1 == test* ]]; then echo "{passed}"; fi
"""


def run_ci(folder: Path, fails: str = "") -> subprocess.CompletedProcess[str]:
    """Run a copy of `.ci/run` in a folder, with a `make` that fails one check."""
    (folder / ".ci").mkdir()
    (folder / "temporary").mkdir()
    shutil.copy(CI_RUN, folder / ".ci" / "run")
    make = folder / "make"
    make.write_text(MAKE.format(passed=PASSED))
    make.chmod(0o755)
    environment = os.environ | {
        "PATH": f"{folder}:{os.environ['PATH']}",
        "TMPDIR": str(folder / "temporary"),
        "FAILS": fails,
    }
    return subprocess.run(
        [folder / ".ci" / "run"],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_checks_that_pass_are_green(tmp_path: Path) -> None:
    """Zero, the tests' closing lines last, and nothing left behind."""
    ended = run_ci(tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.splitlines()[-2:] == [PASSED] * 2
    assert not list((tmp_path / "temporary").iterdir())


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_fails_is_red_and_stops_the_others(
    tmp_path: Path, check: str
) -> None:
    """The checks behind it are not run, and the local Athena's do not outlive it."""
    ended = run_ci(tmp_path, check)
    assert ended.returncode != 0
    asked = set((tmp_path / "asked").read_text().split())
    assert asked == {".venv/ready", "test-athena", *CHECKS[: CHECKS.index(check) + 1]}
    athena = int((tmp_path / "athena.pid").read_text())
    assert not Path(f"/proc/{athena}").exists()
    assert not list((tmp_path / "temporary").iterdir())


def test_a_failure_on_the_athena_target_is_red(tmp_path: Path) -> None:
    """It ends after the others, with its own status."""
    ended = run_ci(tmp_path, "test-athena")
    assert ended.returncode == 2
    assert "1 failed" in ended.stdout
