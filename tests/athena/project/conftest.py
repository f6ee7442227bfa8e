"""The golden fleet on both targets, state after state.

Each state follows on the one before; what Athena merges is held against a whole build.
"""

import subprocess
from pathlib import Path

import pytest
from athena_local import LocalAthena
from both_targets import PROJECT, PlainDbt, State, Target, Targets, state_after
from capacity_process import Ended, environment, program
from golden_fleet import CONFIG, write_extract, write_late_day, write_odd_rows


@pytest.fixture(scope="session")
def targets(
    local_athena: LocalAthena, tmp_path_factory: pytest.TempPathFactory
) -> Targets:
    """Return two empty places with the same raw rows."""
    folder = tmp_path_factory.mktemp("golden")
    config = folder / "golden.yml"
    config.write_text(CONFIG)
    variables = local_athena.environment | {
        "CAPACITY_SCHEMA_PREFIX": "golden",
        "CAPACITY_ATHENA_POLL_SECONDS": "0.4",
    }
    both = [
        Target(name, folder / name, added)
        for name, added in (("duckdb", {}), ("athena", variables))
    ]
    for target in both:
        target.warehouse.mkdir()
        target.run("generate", "--config", config)
        with target.settings() as settings:
            write_odd_rows(settings)
    return Targets(*both, local_athena, config)


@pytest.fixture(scope="session")
def first_run(targets: Targets) -> State:
    """Run everything on both, Athena from an empty account."""
    start = len(targets.statements())
    for target in (targets.duckdb, targets.athena):
        target.run("run", "--config", targets.config)
    return state_after(targets, start)


@pytest.fixture(scope="session")
def next_day(
    targets: Targets, first_run: State, tmp_path_factory: pytest.TempPathFactory
) -> State:
    """Load one more day; Athena merges it, DuckDB builds everything anew."""
    extract = tmp_path_factory.mktemp("extracts") / "next_day.csv"
    with targets.duckdb.settings() as settings:
        write_extract(settings, extract, day="2025-12-31", moved_to="2026-01-01")
    targets.duckdb.forget_builds()
    start = len(targets.statements())
    for target in (targets.duckdb, targets.athena):
        target.run("load", extract)
        target.run("run", "--config", targets.config)
    return state_after(targets, start)


@pytest.fixture(scope="session")
def late_day(
    targets: Targets, next_day: State, tmp_path_factory: pytest.TempPathFactory
) -> State:
    """Deliver a day of four months ago; Athena merges it, DuckDB stays as it was."""
    extract = tmp_path_factory.mktemp("extracts") / "late_day.csv"
    write_late_day(extract)
    start = len(targets.statements())
    targets.athena.run("load", extract)
    targets.athena.run("run", "--config", targets.config)
    return state_after(targets, start)


@pytest.fixture(scope="session")
def dbt(targets: Targets) -> PlainDbt:
    """Return a function that runs plain dbt on Athena, as CI and analysts do."""
    target = targets.athena
    variables = environment(
        target.warehouse,
        DBT_TARGET_PATH=str(target.warehouse / "plain_target"),
        DBT_LOG_PATH=str(target.warehouse / "plain_logs"),
        **target.variables,
    )

    def run(*arguments: str, project: Path = PROJECT) -> Ended:
        return subprocess.run(
            [program("dbt"), *arguments, "--profiles-dir", str(target.warehouse)],
            cwd=project,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
