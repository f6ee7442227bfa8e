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

from python_jobs.store import TABLES

PROJECT = Path(__file__).resolve().parents[3]
_SEPARATOR = "@@"
# something must stand there: a block behind it may take the line end before it
_CONFIG = re.compile(r"\{\{ config\(.*?\) \}\}", flags=re.DOTALL)
_INDENT = re.compile(r"^ +", flags=re.MULTILINE)
_REFERENCE = re.compile(r'"capacity"\."(\w+)"\."(\w+)"')


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


def model_texts() -> dict[str, str]:
    """Return the models below the facts by name, without the settings of their tables.

    Without what stands before and in no line, too: an argument holds 128 KiB.
    """
    paths = [*(PROJECT / "models").rglob("*.sql")]
    return {
        path.stem: _INDENT.sub("", _CONFIG.sub("/**/", path.read_text("utf-8")))
        for path in sorted(paths)
        if path.stem.startswith(("stg_", "int_", "feat_", "dim_"))
    }


def engine() -> duckdb.DuckDBPyConnection:
    """Open a database with the project's settings, empty."""
    database = duckdb.connect()
    database.execute("attach ':memory:' as capacity; set integer_division = true")
    return database


def create(database: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Make a table of rows, ``<schema>.<table>``."""
    schema = name.split(".", maxsplit=1)[0]
    database.execute(f"create schema if not exists capacity.{schema}")
    database.register("rows", rows)
    database.execute(f"create table capacity.{name} as from rows")
    database.unregister("rows")


def build(
    database: duckdb.DuckDBPyConnection, sql: Mapping[str, str], model: str
) -> str:
    """Make a model of what is there and return its name; what it reads is made before.

    A table of another writer that the test did not give is empty.
    """
    for schema, name in dict.fromkeys(_REFERENCE.findall(sql[model])):
        if _exists(database, schema, name):
            continue
        seed = PROJECT / "seeds" / f"{name}.csv"
        if f"{schema}.{name}" in TABLES:
            declared = TABLES[f"{schema}.{name}"].arrow_schema
            create(database, f"{schema}.{name}", declared.empty_table())
        elif seed.exists():
            create(
                database,
                f"{schema}.{name}",
                database.read_csv(str(seed)).to_arrow_table(),
            )
        else:
            _create_model(database, sql, schema, name)
    return model


def _create_model(
    database: duckdb.DuckDBPyConnection,
    sql: Mapping[str, str],
    schema: str,
    name: str,
) -> None:
    build(database, sql, name)
    database.execute(f"create schema if not exists capacity.{schema}")
    database.execute(f"create table capacity.{schema}.{name} as {sql[name]}")


def rows_of(
    database: duckdb.DuckDBPyConnection, sql: Mapping[str, str], model: str
) -> pa.Table:
    """Return the rows of a model, made of what is there."""
    build(database, sql, model)
    return database.sql(sql[model]).to_arrow_table()


def _exists(database: duckdb.DuckDBPyConnection, schema: str, name: str) -> bool:
    found = database.execute(
        "select 1 from duckdb_tables()"
        " where database_name = 'capacity' and schema_name = ? and table_name = ?",
        [schema, name],
    ).fetchall()
    return bool(found)
