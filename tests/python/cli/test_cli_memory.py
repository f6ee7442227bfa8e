"""The limit of DuckDB's memory: given by a user, or by the machine."""

from pathlib import Path

import pytest
from capacity_process import Capacity

from python_jobs.platform import memory
from python_jobs.platform.errors import UsageError
from python_jobs.platform.memory import memory_limit_mb


@pytest.mark.parametrize(
    ("machine_mb", "limit_mb"),
    [(400, 128), (2_000, 500), (6_000, 1_500), (64_000, 1_500)],
)
def test_a_quarter_of_the_machine_up_to_the_default(
    machine_mb: int, limit_mb: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A larger machine changes nothing: a build takes no more than it needs."""
    monkeypatch.setattr(memory, "machine_mb", lambda: machine_mb)
    assert memory_limit_mb(None) == memory_limit_mb("") == limit_mb
    assert memory_limit_mb("4000") == 4_000


def test_a_container_is_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its limit counts where it has one."""
    whole = memory.machine_mb()
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path / "memory.max")
    (tmp_path / "memory.max").write_text("300000000\n")
    assert memory.machine_mb() == 300
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.machine_mb() >= whole


@pytest.mark.parametrize("given", ["2GB", "-1", "1.5", "127", "no"])
def test_what_is_no_limit(given: str) -> None:
    """A unit, a sign, a fraction, too little to work with."""
    with pytest.raises(UsageError, match=f"_LIMIT_MB '{given}' is no whole number"):
        memory_limit_mb(given)


def test_the_command_says_so(capacity: Capacity) -> None:
    """In one message, before anything is done."""
    ended = capacity("status", CAPACITY_MEMORY_LIMIT_MB="much")
    assert ended.returncode == 2, ended.stderr
    assert "CAPACITY_MEMORY_LIMIT_MB 'much'" in ended.stderr
