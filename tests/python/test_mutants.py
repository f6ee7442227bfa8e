"""The mutants of `make test-mutants`: where they are written, and which are excused."""

import csv

import pytest
import sqlglot
from mutants.operators import mutated, sites
from mutants.project import GIVEN, unit_test
from mutants.report import LIST, read_equivalents

SQL = """
with days as (
    select
        server_id,
        count(case when usage >= 80 then 1 end) as day_count,
        max(round(usage, 2)) as peak
    from usage_days
    left join servers on usage_days.server_id = servers.server_id
    where usage is not null and metric = 'cpu'
    group by server_id
)

select coalesce(day_count, 0) as day_count from days
"""

UNIT_TEST = """
with dbt_internal_unit_test_actual as (
    select "n", 'actual' as "actual_or_expected" from (
        with __dbt__cte__numbers as (select 1 as "n"), numbers as (
            select * from __dbt__cte__numbers
        ) select * from numbers
    ) _dbt_internal_unit_test_actual
), dbt_internal_unit_test_expected as (
    select "n", 'expected' as "actual_or_expected" from (
        select 1 as "n"
    ) _dbt_internal_unit_test_expected
)
select * from dbt_internal_unit_test_actual
union all
select * from dbt_internal_unit_test_expected
"""


@pytest.mark.parametrize(
    "change",
    [
        "days: usage >= 80 → usage > 80",
        "days: 80 → 81",
        "days: 80 → 79",
        "days: metric = 'cpu' → metric <> 'cpu'",
        "days: NOT usage IS NULL → usage IS NULL",
        "days: NOT usage IS NULL AND metric = 'cpu' → metric = 'cpu'",
        "days: NOT usage IS NULL AND metric = 'cpu' → NOT usage IS NULL",
        "days: MAX(ROUND(usage, 2)) → MIN(ROUND(usage, 2))",
        ": COALESCE(day_count, 0) → day_count",
    ],
)
def test_a_fault_is_written_in_one_place(change: str) -> None:
    """The mutant differs from the statement, and the statement is as it was."""
    statement = sqlglot.parse_one(SQL, read="duckdb")
    text = statement.sql(dialect="duckdb")
    (site,) = (each for each in sites(statement) if each.name == change)
    mutant = mutated(statement, site).sql(dialect="duckdb")
    assert statement.sql(dialect="duckdb") == text != mutant
    assert site.after in mutant


def test_digits_and_marks_are_no_faults() -> None:
    """A digit of a rounding and the mark that a count counts have no meaning."""
    names = {each.name for each in sites(sqlglot.parse_one(SQL, read="duckdb"))}
    assert not {name for name in names if name.startswith(("days: 2 →", "days: 1 →"))}


def test_a_unit_test_is_its_inputs_and_the_model_over_them() -> None:
    """A statement of dbt taken apart: the model reads its inputs by their names."""
    found = unit_test("name", UNIT_TEST)
    assert found.columns == ("n",)
    assert list(found.inputs) == ["numbers"]
    assert f'{GIVEN}."numbers"' in found.statement.sql(dialect="duckdb")


def test_every_excuse_has_its_reason() -> None:
    """Each mutant is listed once, and says why no data can tell it from the model."""
    reasons = read_equivalents()
    assert all(len(key) == 8 and reason for key, reason in reasons.items())
    with LIST.open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(reasons)
