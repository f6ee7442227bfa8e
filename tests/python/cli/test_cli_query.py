"""Named queries: values are bound in the order of their marks, never pasted."""

from pathlib import Path

import duckdb
import pytest

from python_jobs.cli.analyses import Analysis, Parameter, analyses, bound_order
from python_jobs.cli.engine import athena_literal, read_sql, relation
from python_jobs.cli.read_commands import given_parameters
from python_jobs.platform.errors import PlatformError, RunError, UsageError
from python_jobs.platform.settings import Settings

PROJECT = Path(__file__).resolve().parents[3]
BUSY = Analysis(
    name="busy",
    description="Busy servers.",
    parameters=(
        Parameter("above_pct", "double", "level", 80, bounds=(0, 100)),
        Parameter("unit", "varchar", "business unit"),
        Parameter("since", "date", "first day", "2025-01-01"),
    ),
)


def test_marks_are_bound_in_their_order() -> None:
    """A value used twice is bound twice; the order is that of the rendered text."""
    sql = "select ? /* days */, cast(? /* above_pct */ as double), ? /* days */"
    assert bound_order(sql) == ["days", "above_pct", "days"]


def test_given_values_win_over_defaults() -> None:
    """Texts become values of the declared type; what is not given has its default."""
    assert BUSY.values({"unit": "Retail", "above_pct": "72.5"}) == {
        "above_pct": 72.5,
        "unit": "Retail",
        "since": "2025-01-01",
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "busy needs --unit → it takes --above_pct"),
        ({"unit": "x", "nope": "1"}, "busy has no --nope"),
        ({"unit": "x", "above_pct": "high"}, "--above_pct 'high' is no double"),
        ({"unit": "x", "above_pct": "nan"}, "--above_pct 'nan' is no double"),
        ({"unit": "x", "above_pct": "-3"}, "--above_pct -3.0 is not from 0 to 100"),
        ({"unit": "x", "since": "2025-02-30"}, "--since '2025-02-30' is no date"),
    ],
)
def test_a_wrong_value_is_reported(given: dict[str, str], said: str) -> None:
    """The message lists what the query takes."""
    with pytest.raises(UsageError, match=said):
        BUSY.values(given)


def test_options_become_parameters() -> None:
    """Both spellings of an option, and dashes for underscores."""
    given = given_parameters(["--above-pct", "80", "--unit=a=b", "--n", "-3"])
    assert given == {"above_pct": "80", "unit": "a=b", "n": "-3"}
    with pytest.raises(UsageError, match="--n is given twice"):
        given_parameters(["--n", "1", "--n", "2"])


def test_a_value_cannot_become_sql(tmp_path: Path) -> None:
    """The classical injection is only a strange name."""
    with duckdb.connect(str(tmp_path / "capacity.duckdb")) as connection:
        connection.execute("create table servers as select 'a' as server_id")
    found = read_sql(
        Settings(warehouse=tmp_path),
        "select * from servers where server_id = ?",
        parameters=["a' or '1' = '1"],
    )
    assert found.num_rows == 0


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("it's", "'it''s'"),
        (7, "7"),
        (80.0, "80.0e0"),
        (0.5, "0.5e0"),
        (1e-07, "1e-07"),
        (0.0, "0.0e0"),
    ],
)
def test_athena_gets_typed_literals(value: str | float, literal: str) -> None:
    """Athena's parameters are SQL literals: texts quoted, doubles with exponent."""
    assert athena_literal(value) == literal


def test_names_carry_the_prefix_on_athena() -> None:
    """The layer is the schema, on Athena behind the prefix."""
    assert relation(Settings(), "marts", "dim_dates") == "marts.dim_dates"
    athena = Settings(target="athena", schema_prefix="bank")
    assert relation(athena, "marts", "dim_dates") == "bank_marts.dim_dates"


def test_a_missing_database_or_table_says_what_to_run(tmp_path: Path) -> None:
    """Neither is a traceback."""
    settings = Settings(warehouse=tmp_path)
    with pytest.raises(PlatformError, match="run `capacity run` first"):
        read_sql(settings, "select 1")
    duckdb.connect(str(tmp_path / "capacity.duckdb")).close()
    with pytest.raises(RunError, match="run `capacity build` first"):
        read_sql(settings, "select * from marts.gone")


def test_each_query_is_described_and_uses_what_it_declares() -> None:
    """Every file has a description; its parameters are those that its SQL binds."""
    known = analyses(PROJECT)
    assert set(known) == {path.stem for path in (PROJECT / "analyses").glob("*.sql")}
    for name, each in known.items():
        assert each.description, name
        sql = (PROJECT / "analyses" / f"{name}.sql").read_text("utf-8")
        declared = {parameter.name for parameter in each.parameters}
        used = {part.split("'")[0] for part in sql.split("param('")[1:]}
        assert used == declared, name
        for parameter in each.parameters:
            assert parameter.kind in ("varchar", "bigint", "double", "date")
            assert parameter.description
