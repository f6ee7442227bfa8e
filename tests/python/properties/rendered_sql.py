"""Models and macros as dbt renders them for DuckDB, run over tables of a test's own."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow as pa
from capacity_process import program
from parsed_project import give_parse

PROJECT = Path(__file__).resolve().parents[3]
_SEPARATOR = "@@"


def rendered(folder: Path, texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts with macros and references, as dbt renders them: one call of dbt."""
    give_parse(folder)
    profiles = (PROJECT / "profiles.yml.example").read_text("utf-8")
    (folder / "profiles.yml").write_text(profiles, encoding="utf-8")
    places = ("--profiles-dir", "--log-path")
    command = [program("dbt"), "--quiet", "--log-format", "json", "compile"]
    command += ["--no-populate-cache", "--no-introspect", "--output", "json"]
    command += ["--inline", _SEPARATOR.join(texts.values())]
    command += [each for place in places for each in (place, str(folder))]
    finished = subprocess.run(
        [*command, "--target-path", str(folder / "target")],
        cwd=PROJECT,
        env={
            **os.environ,
            "CAPACITY_WAREHOUSE": str(folder),
            "CAPACITY_AS_OF_DATE": "",
            "CAPACITY_REPROCESS_FROM": "",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    events = [json.loads(line) for line in finished.stdout.splitlines()]
    (text,) = [
        each["data"]["compiled"] for each in events if "compiled" in each["data"]
    ]
    return dict(zip(texts, text.split(_SEPARATOR), strict=True))


def model_text(name: str) -> str:
    """Return the file of a model, without the settings of its table."""
    (path,) = (PROJECT / "models").rglob(f"{name}.sql")
    return re.sub(r"\{\{ config\(.*?\) \}\}\n", "", path.read_text("utf-8"))


def engine() -> duckdb.DuckDBPyConnection:
    """Open a database with the project's settings and its schemas, empty."""
    database = duckdb.connect()
    database.execute("attach ':memory:' as capacity; set integer_division = true")
    for schema in ("raw", "staging", "intermediate", "seeds"):
        database.execute(f"create schema capacity.{schema}")
    return database


def create(database: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Make a table of rows, ``<schema>.<table>``."""
    database.register("rows", rows)
    database.execute(f"create table capacity.{name} as from rows")
    database.unregister("rows")
