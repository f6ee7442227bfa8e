"""The real PyAthena on the local Athena, as `capacity query` uses it."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from athena_local import LocalAthena
from athena_session import Session
from pyathena import connect
from pyathena.cursor import DictCursor
from pyathena.pandas.cursor import PandasCursor


@pytest.fixture
def connection(
    athena: Session, local_athena: LocalAthena, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Connect by the stack's environment alone."""
    for name, value in local_athena.environment.items():
        monkeypatch.setenv(name, value)
    with connect(
        s3_staging_dir=f"{athena.location}results/",
        schema_name=athena.schema,
        poll_interval=0.05,
    ) as opened:
        yield opened


def test_a_dict_cursor_reads_typed_rows(connection: Any) -> None:
    """Numbers, dates, nulls and booleans come back as Python's."""
    rows = (
        connection.cursor(DictCursor)
        .execute(
            "select 1 as n, 1.5e0 as x, date '2024-02-29' as d, true as b, "
            "cast(null as varchar) as s, timestamp '2024-01-01 01:02:03.456' as at"
        )
        .fetchall()
    )
    assert rows == [
        {
            "n": 1,
            "x": 1.5,
            "d": dt.date(2024, 2, 29),
            "b": True,
            "s": None,
            "at": dt.datetime(2024, 1, 1, 1, 2, 3, 456000),
        }
    ]


def test_parameters_are_bound_in_both_styles(connection: Any) -> None:
    """By name in the client, by place on the server."""
    cursor = connection.cursor()
    by_name = cursor.execute(
        "select %(name)s as a, %(number)s as b", {"name": "it's", "number": 2}
    )
    assert by_name.fetchall() == [("it's", 2)]
    by_place = cursor.execute("select ? as a, ? as b", ["'x'", "3"], paramstyle="qmark")
    assert by_place.fetchall() == [("x", 3)]


def test_a_long_result_is_read_through_all_its_pages(connection: Any) -> None:
    """2,500 rows, a thousand a page."""
    cursor = connection.cursor().execute(
        "select n from unnest(sequence(1, 2500)) as t(n) order by n"
    )
    assert [row[0] for row in cursor.fetchall()] == list(range(1, 2501))


@pytest.mark.parametrize(("engine", "unload"), [("c", False), ("pyarrow", True)])
def test_pandas_reads_the_file_of_the_result(
    connection: Any, engine: str, *, unload: bool
) -> None:
    """The CSV in S3, or the Parquet files that UNLOAD lists."""
    frame = (
        connection.cursor(PandasCursor, engine=engine, unload=unload)
        .execute("select n, n * 0.5e0 as x from unnest(sequence(1, 3)) as t(n)")
        .as_pandas()
        .sort_values("n")
    )
    assert frame["n"].tolist() == [1, 2, 3]
    assert frame["x"].tolist() == [0.5, 1.0, 1.5]


def test_a_failed_query_raises_its_reason(connection: Any) -> None:
    """PyAthena's own error, with Athena's text."""
    with pytest.raises(Exception, match="COLUMN_NOT_FOUND: line 1:8"):
        connection.cursor().execute("select nope")
