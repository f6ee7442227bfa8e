"""What Athena refuses and Trino would take: length, functions, clauses."""

import pytest
from athena_local import LocalAthena
from athena_local.failures import MalformedStatementError, QueryFailedError
from athena_local.limits import (
    LONGEST_QUERY,
    NEWER_CLAUSES,
    check_clauses,
    check_functions,
    check_length,
    functions,
    refused_calls,
)
from athena_local.trino_client import TrinoClient


def test_text_is_counted_in_bytes() -> None:
    """262,144 bytes pass, one more does not, nor as many letters of two bytes."""
    check_length("x" * LONGEST_QUERY)
    for text in ("x" * (LONGEST_QUERY + 1), "é" * LONGEST_QUERY):
        with pytest.raises(
            MalformedStatementError, match="less than or equal to 262144"
        ):
            check_length(text)


def test_a_newer_function_is_refused_by_name_and_place() -> None:
    """As Trino words it, with the reason."""
    with pytest.raises(QueryFailedError) as refused:
        check_functions("select 1,\n  Dot_Product(a, b) from t")
    assert refused.value.reason == (
        "FUNCTION_NOT_FOUND: line 2:3: Function 'dot_product' not registered "
        "(Trino has it since 452)"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "select 'dot_product(a)' -- dot_product(a)\n /* t_cdf(1) */",
        'select "dot_product"(1), dot_product from t',
        "select sum(a), max_by(a, b), approx_percentile(a, 0.5), try_cast(a as date)",
        "with t(a) as (values 1) select cast(a as decimal(10, 2)) from t",
    ],
)
def test_names_that_are_no_call_pass(sql: str) -> None:
    """Strings, comments, quoted names and columns call nothing."""
    assert refused_calls(sql) == []


@pytest.mark.parametrize("clause", NEWER_CLAUSES)
def test_newer_clauses_are_refused_in_any_case_and_spacing(clause: str) -> None:
    """Each of the list."""
    with pytest.raises(MalformedStatementError, match="Athena has no"):
        check_clauses(f"select 1 {clause.upper().replace(' ', chr(10))}")


def test_clauses_within_strings_and_comments_pass() -> None:
    """They are no code."""
    check_clauses("select 'with function' -- group by auto\n")


def test_every_function_of_the_trino_behind_is_classified(
    local_athena: LocalAthena,
) -> None:
    """A Trino with other functions needs another list."""
    answer = TrinoClient(local_athena.trino_url).run("show functions")
    assert {str(row[0]) for row in answer.rows} == set(functions())
