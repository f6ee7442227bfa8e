"""Jobs run between their contracts, publish whole runs, and repair broken ones."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import example_job
import pytest
from filelock import FileLock
from pydantic import BaseModel
from store_rows import build_features

from python_jobs.jobs.publishing import JobResult
from python_jobs.jobs.runner import run_job
from python_jobs.platform.errors import InputError, PlatformError, RunError
from python_jobs.platform.settings import Settings
from python_jobs.store import Store
from python_jobs.store.filters import equal_to

FIRST, SECOND = date(2025, 1, 31), date(2025, 2, 28)
LEVELS = {"b": 2.0, "a": 1.0, "c": 0.1 + 0.2}


class Options(BaseModel):
    """Choices of the example job."""

    fault: bool = False
    label: str = ""


@pytest.fixture
def built(store: Store, settings: Settings) -> Settings:
    """Build the feature model of the example job over an empty store."""
    assert store.snapshot_id("ml.runs") is None
    build_features(settings, levels=LEVELS)
    return settings


def _run(settings: Settings, *, as_of_date: date = FIRST, **choices: Any) -> JobResult:
    options = Options(**choices)
    return run_job(
        example_job, settings=settings, as_of_date=as_of_date, options=options
    )


def _published(store: Store) -> dict[tuple[date, str], float]:
    """Return what a reader sees: rows of the runs that ml.runs lists."""
    seen = {}
    for run in store.read("ml.runs").to_pylist():
        where = equal_to("run_id", run["run_id"])
        for row in store.read("ml.server_clusters", where=where).to_pylist():
            assert row["as_of_date"] == run["as_of_date"]
            seen[run["as_of_date"], row["server_id"]] = row["centroid_distance"]
    return seen


def _everything(store: Store) -> list[list[dict[str, Any]]]:
    names = {"ml.runs": "job", "ml.server_clusters": "server_id"}
    return [store.read(name).sort_by(key).to_pylist() for name, key in names.items()]


def test_a_job_publishes_its_rows_and_one_entry(built: Settings, store: Store) -> None:
    """Rows carry run and as-of date; the entry counts them."""
    result = _run(built)
    assert result.row_counts == {"ml.server_clusters": 3}
    (entry,) = store.read("ml.runs").to_pylist()
    del entry["published_at"]
    assert entry == {
        "run_id": result.run_id,
        "job": "example_job",
        "as_of_date": FIRST,
        "code_version": result.code_version,
        "data_fingerprint": result.data_fingerprint,
        "row_count": 3,
        "status": "published",
    }
    assert _published(store) == {(FIRST, s): level for s, level in LEVELS.items()}


def test_running_twice_changes_nothing(built: Settings, store: Store) -> None:
    """The same features, options and code have the same run id and the same rows."""
    first = _run(built)
    before = _everything(store)
    assert _run(built) == first
    assert _everything(store) == before


def test_the_order_and_the_last_bit_of_features_do_not_matter(
    built: Settings, store: Store
) -> None:
    """An engine with several threads adds in any order: .1 + .2 or .3."""
    first = _run(built)
    build_features(built, levels={"c": 0.3, "b": 2.0, "a": 1.0})
    assert _run(built).run_id == first.run_id
    build_features(built, levels=LEVELS | {"c": 0.300001})
    assert _run(built).run_id != first.run_id


@pytest.mark.parametrize("change", ["features", "options"])
def test_a_new_run_replaces_the_one_of_the_same_date(
    built: Settings, store: Store, change: str
) -> None:
    """Other inputs, another run id; nothing of the run before is left."""
    first = _run(built)
    if change == "features":
        build_features(built, levels={"a": 5.0})
        second = _run(built)
    else:
        second = _run(built, label="other")
    assert second.run_id != first.run_id
    assert store.read("ml.runs")["run_id"].to_pylist() == [second.run_id]
    rows = store.read("ml.server_clusters")["run_id"].to_pylist()
    assert set(rows) == {second.run_id}


def test_a_job_reads_its_last_run_before_the_as_of_date(
    built: Settings, store: Store
) -> None:
    """The second date adds the first one's distances, however often it runs."""
    _run(built)
    for _ in range(2):
        _run(built, as_of_date=SECOND)
    seen = _published(store)
    assert seen[FIRST, "b"] == 2.0
    assert seen[SECOND, "b"] == 4.0
    assert len(seen) == 6


def test_a_broken_output_is_not_published(built: Settings, store: Store) -> None:
    """The message names table, column and row; readers keep the run before."""
    before = _run(built)
    message = r"ml\.server_clusters: column centroid_distance at server_id a is null"
    with pytest.raises(RunError, match=message):
        _run(built, fault=True)
    assert store.read("ml.runs")["run_id"].to_pylist() == [before.run_id]
    assert set(store.read("ml.server_clusters")["run_id"].to_pylist()) == {
        before.run_id
    }


def test_a_broken_feature_is_refused(built: Settings) -> None:
    """SQL fills gaps, Python refuses them."""
    build_features(built, levels={"a": 1.0, "b": -1.0})
    message = r"feat_server_clusters: column level at server_id b is -1\.0.*at least 0"
    with pytest.raises(InputError, match=message):
        _run(built)


def test_features_that_are_not_built_say_what_to_run(
    store: Store, settings: Settings
) -> None:
    """Neither a missing database nor a missing model is a traceback."""
    message = r"features\.feat_server_clusters was not built yet.*`capacity build`"
    with pytest.raises(InputError, match=message):
        _run(settings)
    with duckdb.connect(str(settings.warehouse / "capacity.duckdb")) as connection:
        connection.execute("create schema features")
    with pytest.raises(InputError, match=message):
        _run(settings)


def test_a_feature_model_without_a_column_is_refused(built: Settings) -> None:
    """An older build of the model is named as the cause."""
    with duckdb.connect(str(built.warehouse / "capacity.duckdb")) as connection:
        connection.execute("alter table features.feat_server_clusters drop level")
    with pytest.raises(InputError, match=r"feat_server_clusters: column level is miss"):
        _run(built)


def test_a_database_that_dbt_has_open_is_named(built: Settings) -> None:
    """Another process writes it: wait, not a stack trace."""
    path = str(built.warehouse / "capacity.duckdb")
    code = f"import duckdb, time; c = duckdb.connect({path!r}); print(1); input()"
    holder = subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "1\n"
    with pytest.raises(PlatformError, match=r"capacity\.duckdb cannot be opened"):
        _run(built)
    holder.communicate("\n")


def test_a_second_runner_is_refused(built: Settings) -> None:
    """Two runs of the jobs on one warehouse would compete for the same rows."""
    with (
        FileLock(built.warehouse / "jobs.lock"),
        pytest.raises(PlatformError, match="another process runs jobs"),
    ):
        _run(built)


def test_a_job_that_forgets_a_table_is_refused(built: Settings, store: Store) -> None:
    """What a job declares to write, it returns."""
    forgetful = SimpleNamespace(
        __name__=example_job.__name__,
        NAME="forgetful",
        READS=example_job.READS,
        WRITES=example_job.WRITES,
        run=lambda *_, **__: {},
    )
    with pytest.raises(RunError, match=r"forgetful returned nothing; expected ml\."):
        run_job(forgetful, settings=built, as_of_date=FIRST)
    assert store.snapshot_id("ml.server_clusters") is None


KILLED = """
import os, sys
from datetime import date
from pathlib import Path
sys.path.insert(0, sys.argv[3])
import example_job
from python_jobs.platform.settings import Settings
from python_jobs.jobs.runner import run_job
from python_jobs.store import Store

writes = 0

def counted(method):
    def call(self, *args, **kwargs):
        global writes
        if writes == int(sys.argv[2]):
            os._exit(9)
        writes += 1
        return method(self, *args, **kwargs)
    return call

Store.overwrite = counted(Store.overwrite)
Store.delete = counted(Store.delete)
settings = Settings(warehouse=Path(sys.argv[1]))
run_job(example_job, settings=settings, as_of_date=date(2025, 1, 31))
"""


@pytest.mark.parametrize("writes", [0, 1, 2])
def test_a_run_killed_between_two_writes_is_repaired_by_the_next(
    built: Settings, store: Store, writes: int
) -> None:
    """Readers see a whole run at any time; running again leaves no trace of it."""
    run_job(example_job, settings=built, as_of_date=FIRST)
    old = _published(store)
    new_levels = {"a": 7.0, "d": 8.0}
    build_features(built, levels=new_levels)
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", KILLED, str(built.warehouse), str(writes), here]
    assert subprocess.run(command, check=False).returncode == 9

    new = {(FIRST, server): level for server, level in new_levels.items()}
    assert _published(store) == (new if writes == 2 else old)
    result = run_job(example_job, settings=built, as_of_date=FIRST)
    assert _published(store) == new
    rows = store.read("ml.server_clusters")
    assert set(rows["run_id"].to_pylist()) == {result.run_id}
    assert rows.num_rows == 2
