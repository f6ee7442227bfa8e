"""What else is done on Athena: docs, freshness, changed models, two at once."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from both_targets import MODELS, PROJECT, PlainDbt, State, Targets
from capacity_process import environment, program, run_capacity

from python_jobs.store.catalog import namespace, open_catalog


def artifact(targets: Targets, name: str) -> dict:  # type: ignore[type-arg]
    """Read what plain dbt left."""
    path = targets.athena.warehouse / "plain_target" / name
    found: dict = json.loads(path.read_text())  # type: ignore[type-arg]
    return found


def test_the_catalog_of_the_docs_has_every_column(
    dbt: PlainDbt, targets: Targets, late_day: State
) -> None:
    """Views and tables, as Glue knows them, against the described columns."""
    ended = dbt("docs", "generate")
    assert ended.returncode == 0, ended.stdout[-2000:]
    catalog = artifact(targets, "catalog.json")["nodes"]
    models = {
        key: node
        for key, node in artifact(targets, "manifest.json")["nodes"].items()
        if node["resource_type"] == "model"
    }
    assert sorted(node["name"] for node in models.values()) == MODELS
    for key, node in models.items():
        assert sorted(catalog[key]["columns"]) == sorted(node["columns"]), key


def test_sources_are_fresh(dbt: PlainDbt, targets: Targets, late_day: State) -> None:
    """What was loaded a moment ago is fresh."""
    ended = dbt("source", "freshness")
    assert ended.returncode == 0, ended.stdout[-2000:]
    (result,) = artifact(targets, "sources.json")["results"]
    assert result["unique_id"].endswith("raw.server_metrics")
    assert result["status"] == "pass"


@pytest.fixture
def changed_project(tmp_path: Path) -> Path:
    """Return a copy of the project with one more column in int_server_days."""
    for name in (
        "models",
        "macros",
        "seeds",
        "analyses",
        "tests/generic",
        "tests/fixtures",
    ):
        shutil.copytree(PROJECT / name, tmp_path / name)
    shutil.copy(PROJECT / "dbt_project.yml", tmp_path)
    model = tmp_path / "models" / "intermediate" / "usage" / "int_server_days.sql"
    sql = model.read_text()
    count = "        count(samples.sample_value) as sample_count,\n"
    more = "        max(samples.load_id) as newest_load_id,\n"
    assert sql.count(count) == 1
    model.write_text(sql.replace(count, more + count))
    described = model.with_suffix(".yml")
    column = "      - {name: newest_load_id, data_type: varchar}\n"
    before = "      - {name: sample_count,"
    columns = described.read_text()
    assert columns.count(before) == 1
    described.write_text(columns.replace(before, column + before))
    return tmp_path


def test_a_changed_model_is_built_whole_and_never_merged(
    dbt: PlainDbt, targets: Targets, late_day: State, changed_project: Path
) -> None:
    """A merge into the old columns is refused and changes nothing; a build has all."""
    command = ("run", "--select", "int_server_days", "--vars")

    def columns() -> list[str]:
        with targets.athena.settings() as settings:
            database = namespace(settings, "intermediate")
            table = open_catalog(settings).load_table((database, "int_server_days"))
            return list(table.schema().column_names)

    dates = {"as_of_date": "2026-01-01"}
    merged = json.dumps(dates | {"reprocess_from": "2026-01-01"})
    ended = dbt(*command, merged, project=changed_project)
    assert ended.returncode != 0
    assert "newest_load_id" in ended.stdout
    assert "newest_load_id" not in columns()
    ended = dbt(*command, json.dumps(dates), project=changed_project)
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert "newest_load_id" in columns()
    assert dbt(*command, json.dumps(dates)).returncode == 0
    assert "newest_load_id" not in columns()


def test_the_second_of_two_runs_is_refused(
    targets: Targets, late_day: State, tmp_path: Path
) -> None:
    """It names who writes, and ends with 4; the first is not disturbed."""
    # as from another machine: nothing is shared but S3
    elsewhere = tmp_path
    target = targets.athena
    command = ("build", "--select", "dim_dates")
    with subprocess.Popen(
        [program(), *command],
        env=environment(target.warehouse, **target.variables),
        cwd=target.warehouse,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as first:
        assert first.stderr is not None
        # reported as soon as dbt starts: the lock is held from before that on
        assert "selected nodes" in first.stderr.readline()
        second = run_capacity(*command, warehouse=elsewhere, **target.variables)
        errors = first.communicate(timeout=300)[1]
    assert first.returncode == 0, errors
    assert second.returncode == 4, second.stderr
    assert "capacity build" in second.stderr


def test_a_query_gives_the_same_on_both(
    targets: Targets, late_day: State, tmp_path: Path
) -> None:
    """PyAthena binds parameters as DuckDB does."""
    found = {}
    for target in (targets.duckdb, targets.athena):
        path = tmp_path / f"{target.name}.csv"
        asked = ("servers_above_cpu", "--above-pct", "20", "--days", "90")
        target.run("query", *asked, "--output", path)
        found[target.name] = pd.read_csv(path)
    assert len(found["duckdb"]) > 3
    pd.testing.assert_frame_equal(found["athena"], found["duckdb"], rtol=1e-9)


def test_status_tells_what_a_build_scanned(targets: Targets, late_day: State) -> None:
    """The last build, here of one model, by node, and what that would cost."""
    targets.athena.run("build", "--select", "dim_dates")
    text = targets.athena.run("status").stdout
    assert "model dim_dates" in text
    assert "USD" in text
