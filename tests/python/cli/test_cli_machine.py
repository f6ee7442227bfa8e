"""Faults of the machine: exit code 4, the thing by its name, and what to do."""

import errno
import os
import sqlite3
from pathlib import Path

import duckdb
import pytest
import sqlalchemy
from capacity_process import Capacity

from python_jobs.cli.dbt_log import problems
from python_jobs.platform.machine_errors import machine_fault, machine_problem

ERRNOS = ["ENOSPC", "EDQUOT", "EACCES", "EPERM", "EROFS", "ENOTDIR", "ENOENT", "EEXIST"]
ERRNOS += ["ENAMETOOLONG", "ELOOP", "EISDIR", "EIO", "EMFILE", "ENFILE", "ENOMEM"]


@pytest.mark.parametrize("name", ERRNOS)
def test_what_the_system_refuses(name: str) -> None:
    """The file, the system's words and an advice; also behind another error."""
    number = getattr(errno, name)
    error = OSError(number, os.strerror(number), "/data/catalog.db")
    said = f"/data/catalog.db: {os.strerror(number)} → "
    assert str(machine_fault(error)).startswith(said)
    outer = RuntimeError("the commit failed")
    outer.__cause__ = error
    assert str(machine_fault(outer)).startswith(said)


def test_sqlite_on_a_full_disk(tmp_path: Path) -> None:
    """As pyiceberg's catalog meets it, through SQLAlchemy: no statement, no address."""
    engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path}/catalog.db")
    with pytest.raises(sqlalchemy.exc.OperationalError) as full, engine.begin() as sql:
        sql.execute(sqlalchemy.text("create table t (x)"))
        sql.execute(sqlalchemy.text("pragma max_page_count = 3"))
        sql.execute(sqlalchemy.text("insert into t values (zeroblob(100000))"))
    engine.dispose()
    found = str(machine_fault(full.value))
    assert found.startswith("the disk is full: (sqlite3.OperationalError) database or")
    assert "→ make room there" in found
    assert "SQL:" not in found


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "memory has run out: MemoryError → give it more memory"),
        (RuntimeError("can't start new thread"), "memory or threads have run out"),
        (ImportError("x.so: failed to map segment from shared object"), "memory or"),
        (duckdb.OutOfMemoryException("Out of Memory Error: pin block"), "memory or"),
        (duckdb.IOException("IO Error: No space left on device"), "the disk is full"),
        (sqlite3.OperationalError("database is locked"), "another process holds"),
        (sqlite3.OperationalError("unable to open database file"), "the warehouse"),
        (sqlite3.DatabaseError("file is not a database"), "a file of the warehouse"),
    ],
)
def test_what_an_engine_met(error: Exception, said: str) -> None:
    """Told by the words that they share."""
    assert str(machine_fault(error)).startswith(said)


def test_a_fault_of_ours_is_none_of_the_machine() -> None:
    """Those are reported as unexpected."""
    for error in (ValueError("x"), KeyError("Permission denied"), RuntimeError("x")):
        assert machine_fault(error) is None
    assert machine_problem("Binder Error: no column x") is None


def test_a_dbt_node_without_room(tmp_path: Path) -> None:
    """Not the model is to be corrected; a test that failed was answered."""
    (tmp_path / "run_results.json").write_text(
        '{"results": ['
        '{"unique_id": "model.p.a", "status": "error", "message":'
        ' "IO Error: Could not write file: No space left on device"},'
        '{"unique_id": "test.p.b.1", "status": "fail", "message": "Got 1 result"}]}'
    )
    node, test = problems(tmp_path, statuses=("error", "fail"))
    assert node.is_environment
    assert "model a: the disk is full: IO Error: Could not write" in str(node)
    assert not test.is_environment


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("init", "file"),
        ("init", "file/x"),
        ("init", "/proc/capacity/x"),
        ("status", "file"),
        ("status", "file/x"),
    ],
)
def test_a_warehouse_that_is_no_folder(
    capacity: Capacity, tmp_path: Path, command: str, path: str
) -> None:
    """A file, a folder below one, a place where none can be made."""
    (tmp_path / "file").write_text("")
    ended = capacity("--warehouse", path, command)
    assert ended.returncode == 4, ended.stderr
    assert "unexpected" not in ended.stderr
    assert "name a folder that can be made and written" in ended.stderr


def test_a_new_warehouse_is_for_its_user_alone(
    capacity: Capacity, tmp_path: Path
) -> None:
    """With the folders above it that were missing; one that is there stays as it is."""
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    ended = capacity("--warehouse", there / "new" / "warehouse", "init")
    assert ended.returncode == 0, ended.stderr
    modes = {
        each.name: each.stat().st_mode & 0o777
        for each in (there, there / "new", there / "new" / "warehouse")
    }
    assert modes == {"there": 0o755, "new": 0o700, "warehouse": 0o700}
