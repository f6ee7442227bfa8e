"""The declared tables, the jobs that fill them and the design they hold are one."""

from importlib import import_module
from pathlib import Path

import pytest
import yaml

from python_jobs import calendar_weights
from python_jobs.jobs.publishing import STAMPS
from python_jobs.store import TABLES, TableSchema
from python_jobs.store.ml_tables import CALENDAR_TERMS

ROOT = Path(__file__).parents[3]
JOBS = sorted(
    path.stem for path in (ROOT / "python_jobs").glob("*.py") if path.stem[0] != "_"
)


@pytest.mark.parametrize("stem", JOBS)
def test_a_job_declares_the_whole_of_its_tables(stem: str) -> None:
    """Every column but the stamps, of the same kind, under the table's own key."""
    job = import_module(f"python_jobs.{stem}")
    assert stem == job.NAME
    assert f"ml.{stem}" in job.WRITES
    assert f"feat_{stem}" in job.READS
    for name, contract in job.WRITES.items():
        schema = TABLES[name]
        kinds = {c.name: c.kind for c in schema.columns if c.name not in STAMPS}
        declared = {column: rule.dtype for column, rule in contract.columns.items()}
        assert declared == kinds
        assert {*contract.key, "run_id"} == set(schema.key)
    for name in job.READS:
        assert name.startswith("feat_") or name in job.WRITES


def test_every_ml_table_has_exactly_one_writer() -> None:
    """The runner writes ml.runs, a job each of the others."""
    jobs = [import_module(f"python_jobs.{stem}") for stem in JOBS]
    written = [table for job in jobs for table in job.WRITES]
    assert len(written) == len(set(written))
    ml_tables = {name for name in TABLES if name.startswith("ml.")}
    assert {*written, "ml.runs"} <= ml_tables


def test_the_weights_have_a_column_for_every_term() -> None:
    """One list in the job, one in the schema, the same order."""
    assert tuple(term for term, _ in CALENDAR_TERMS) == calendar_weights.TERMS


@pytest.mark.parametrize(
    ("source", "namespace"), [("python_jobs", "ml"), ("raw", "raw")]
)
def test_dbts_sources_are_the_declared_tables(source: str, namespace: str) -> None:
    """Every table of a source with its columns in order, all in the declared words."""
    path = ROOT / "models" / "staging" / source / f"_{source}__sources.yml"
    tables = yaml.safe_load(path.read_text("utf-8"))["sources"][0]["tables"]
    described = {
        f"{namespace}.{table['name']}": [
            (None, table["description"]),
            *((column["name"], column["description"]) for column in table["columns"]),
        ]
        for table in tables
    }
    # only tests read the truth of a generated fleet
    assert described == {
        name: [
            (None, schema.comment),
            *((column.name, column.comment) for column in schema.columns),
        ]
        for name, schema in TABLES.items()
        if name.startswith(f"{namespace}.") and name != "raw.generator_truth"
    }


@pytest.mark.parametrize("schema", TABLES.values(), ids=TABLES)
def test_a_declared_table_is_consistent(schema: TableSchema) -> None:
    """Keys and partition name columns that are there, once, each with a comment."""
    names = schema.column_names
    assert len(names) == len(set(names))
    assert set(schema.key) <= set(names)
    assert schema.month_of is None or schema.month_of in schema.key
    assert schema.comment.startswith("One row per ")
    assert all(column.comment.endswith(".") for column in schema.columns)
