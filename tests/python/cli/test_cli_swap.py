"""A build writes beside the file that readers see, and takes its place when green."""

import io
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from open_database import opened
from rich.console import Console

from python_jobs.cli.build_file import building, publish
from python_jobs.cli.session import Session
from python_jobs.cli.state import read_last_build, record_part
from python_jobs.platform.errors import PlatformError, RunError
from python_jobs.platform.progress import LogProgress
from python_jobs.platform.settings import Settings

PROFILE = """\
small:
  target: duckdb
  outputs:
    duckdb:
      type: duckdb
      path: "{{ env_var('CAPACITY_DATABASE') }}"
"""
KILLED = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("insert into numbers values (2)")
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    """Return a session of a project of one model, over an empty warehouse."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(
        "name: small\nprofile: small\nversion: '1.0'\n"
    )
    (project / "profiles.yml").write_text(PROFILE)
    settings = Settings(warehouse=tmp_path / "warehouse", project_dir=project)
    settings.warehouse.mkdir()
    return Session(
        settings=settings,
        config_path=None,
        as_of_date=None,
        progress=LogProgress(io.StringIO()),
        console=Console(file=io.StringIO()),
    )


def build(session: Session, select: str) -> None:
    """Build the one model with a new text."""
    model = session.settings.project_dir / "models" / "numbers.sql"
    model.write_text(select)
    with building(session) as work:
        work.dbt.build("models")


def numbers(database: Path) -> list[int]:
    """Return what the one model holds, as a reader sees it."""
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute("select number from numbers order by number")
        return [number for (number,) in rows.fetchall()]


def test_a_failing_model_leaves_the_last_green_build(session: Session) -> None:
    """Readers see it whole; the model corrected, its build takes the place."""
    table = "{{ config(materialized='table') }} "
    database = session.settings.database
    build(session, table + "select 1 as number")
    assert numbers(database) == [1]
    (session.settings.project_dir / "models" / "later.sql").write_text(
        "select nope from {{ ref('numbers') }}"
    )
    with pytest.raises(RunError, match="model later"):
        build(session, table + "select 2 as number")
    assert numbers(database) == [1]
    assert numbers(replace(session.settings, is_building=True).database) == [2]
    (session.settings.project_dir / "models" / "later.sql").unlink()
    build(session, table + "select 3 as number")
    assert numbers(database) == [3]
    assert [path.name for path in database.parent.glob("*.duckdb*")] == [database.name]


def test_a_reader_sees_one_build_as_long_as_he_has_it_open(session: Session) -> None:
    """He neither stops the next one, nor sees it before he opens the file again."""
    table = "{{ config(materialized='table') }} "
    build(session, table + "select 1 as number")
    with opened(session.settings.database) as reader:
        build(session, table + "select 2 as number")
        assert reader.answer("select number from numbers") == "1"
    assert numbers(session.settings.database) == [2]


def test_a_writer_is_refused_before_anything_is_built(session: Session) -> None:
    """What he writes while the file is copied, or afterwards, would be lost."""
    database = session.settings.database
    duckdb.connect(str(database)).close()
    expected = r"capacity\.duckdb is open for writing in another program → .*read-only"
    with (
        opened(database, read_only=False),
        pytest.raises(PlatformError, match=expected),
    ):
        build(session, "select 1 as number")


def test_a_writer_that_came_meanwhile_is_waited_for(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And refused when he stays; the file that he writes to is left to him."""
    database = session.settings.database
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table numbers as select 1 as number")
    monkeypatch.setattr("python_jobs.cli.build_file._SECONDS_FOR_A_WRITER", 0.1)
    with opened(database, read_only=False) as writer:
        draft = replace(session.settings, is_building=True).database
        duckdb.connect(str(draft)).close()
        with pytest.raises(PlatformError, match="open for writing in another"):
            publish(draft, database)
        assert writer.answer("select number from numbers") == "1"
    publish(draft, database)
    assert not draft.exists()


def test_what_a_killed_writer_committed_is_kept(session: Session) -> None:
    """Its log is replayed in the copy, and does not stay beside the file that comes."""
    database = session.settings.database
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table numbers as select 1 as number")
    subprocess.run([sys.executable, "-c", KILLED, str(database)], check=False)
    assert database.with_name("capacity.duckdb.wal").exists()
    with building(session):
        pass
    assert numbers(database) == [1, 2]
    assert [path.name for path in database.parent.glob("*.duckdb*")] == [database.name]


def test_a_killed_build_is_thrown_away(session: Session) -> None:
    """Half a copy, or half a build with its log, is not what the next begins with.

    Nor does what it had spilled to disk stay.
    """
    database = session.settings.database
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table numbers as select 1 as number")
    for name in ("capacity.build.duckdb", "capacity.build.duckdb.wal"):
        (database.parent / name).write_bytes(b"half")
    spilled = database.parent / "capacity.build.duckdb.tmp"
    spilled.mkdir()
    (spilled / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"half")
    with building(session):
        pass
    assert numbers(database) == [1]
    assert not spilled.exists()


def test_who_may_read_still_may(tmp_path: Path) -> None:
    """The file that comes has the rights of the one that goes."""
    draft, published = tmp_path / "capacity.build.duckdb", tmp_path / "capacity.duckdb"
    for path in (draft, published):
        duckdb.connect(str(path)).close()
    published.chmod(0o640)
    publish(draft, published)
    assert published.stat().st_mode & 0o777 == 0o640


def test_a_profile_that_builds_in_place_is_refused(session: Session) -> None:
    """The build would go to the file that readers see, and the swap undo it."""
    profile = session.settings.project_dir / "profiles.yml"
    profile.write_text(PROFILE.replace("CAPACITY_DATABASE", "MY_DATABASE"))
    with pytest.raises(PlatformError, match=r"profiles\.yml .* the `path` of"):
        build(session, "select 1 as number")


def test_a_full_disk_is_told_with_what_is_needed(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is the first thing that a full disk refuses; nothing of it stays."""
    database = session.settings.database
    duckdb.connect(str(database)).close()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    expected = r"capacity\.build\.duckdb: No space left .* → a build needs \d+ MB"
    with pytest.raises(PlatformError, match=expected), building(session):
        pass
    assert not database.with_name("capacity.build.duckdb").exists()


def test_the_record_of_a_part_is_none_to_go_by(tmp_path: Path) -> None:
    """Readers see the selection; the next build merges everything."""
    settings = Settings(warehouse=tmp_path)
    record_part(settings, as_of_date=None, selection="dim_dates", run_ids=["r"])
    with duckdb.connect(str(settings.database), read_only=True) as connection:
        found = connection.execute("select dbt_selection, run_ids from marts.builds")
        assert found.fetchall() == [("dim_dates", ["r"])]
    assert read_last_build(settings) is None
