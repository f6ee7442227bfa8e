"""How a query ends other than well: stopped, cut off, refused, injected."""

import time
from typing import Any

import pytest
from athena_local import LocalAthena
from athena_local.trino_client import TrinoClient
from athena_session import Session
from botocore.exceptions import ClientError

ENDLESS = """
    select sum(a.n * b.n * c.n)
    from unnest(sequence(1, 9999)) as a(n)
    cross join unnest(sequence(1, 9999)) as b(n)
    cross join unnest(sequence(1, 9999)) as c(n)
"""


def test_a_stopped_query_is_cancelled_on_trino_too(
    athena: Session, local_athena: LocalAthena
) -> None:
    """RUNNING, then CANCELLED, and nothing runs behind."""
    query = athena.start(ENDLESS)
    found = athena.athena.get_query_execution(QueryExecutionId=query)
    assert found["QueryExecution"]["Status"]["State"] == "RUNNING"
    with pytest.raises(ClientError, match="Query has not yet finished"):
        athena.results(query)
    began = time.monotonic()
    athena.athena.stop_query_execution(QueryExecutionId=query)
    status = athena.ended(query)["Status"]
    assert (status["State"], status["StateChangeReason"]) == (
        "CANCELLED",
        "Query cancelled by user",
    )
    assert time.monotonic() - began < 30
    running = (
        "select count(*) from system.runtime.queries "
        "where state = 'RUNNING' and query like '%9999%' and query not like '%runtime%'"
    )
    trino = TrinoClient(local_athena.trino_url)
    assert trino.run(running).rows == [[0]]


def test_a_query_that_scans_too_much_is_cancelled(athena: Session) -> None:
    """The workgroup's cut-off is 10 MB; 200,000 hashes are more, 10,000 are not."""
    name = f"cut-{athena.schema}"
    athena.athena.create_work_group(
        Name=name, Configuration={"BytesScannedCutoffPerQuery": 10_000_000}
    )
    hashes = (
        "select sha512(to_utf8(cast(a.n * 1000 + b.n as varchar))) as x "
        "from unnest(sequence(1, 10000)) as a(n), unnest(sequence(1, {})) as b(n)"
    )
    athena.iceberg("small", hashes.format(1))
    athena.iceberg("large", hashes.format(20))
    select = "select count(distinct x) from"
    found = athena.run(f"{select} small", WorkGroup=name)
    assert found["Status"]["State"] == "SUCCEEDED"
    assert 600_000 < found["Statistics"]["DataScannedInBytes"] < 10_000_000
    found = athena.run(f"{select} large", WorkGroup=name)
    assert found["Statistics"]["DataScannedInBytes"] > 10_000_000
    assert found["Status"]["State"] == "CANCELLED"
    assert found["Status"]["StateChangeReason"] == "Bytes scanned limit was exceeded"


def test_the_hundred_and_first_partition_is_refused(athena: Session) -> None:
    """By CTAS, INSERT and MERGE, on Iceberg and on Hive; a hundred days pass."""
    days = (
        "select date_add('day', n, date '2024-01-01') as d, n "
        "from unnest(sequence(1, {})) as t(n)"
    )
    daily = "partitioning = ARRAY['day(d)']"
    athena.iceberg("days", days.format(100), daily)
    iceberg = f"table_type = 'iceberg', is_external = false, {daily}, "
    iceberg += f"location = '{athena.location}more'"
    too_many = "TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers"
    for sql in (
        "insert into days {}",
        "merge into days as t using ({}) as s on t.n = -s.n "
        "when not matched then insert (d, n) values (s.d, s.n)",
        f"create table more with ({iceberg}) as {{}}",
    ):
        reason = athena.reason(sql.format(days.format(101)))
        assert reason.startswith(f"ICEBERG_{too_many}")
    hive = "create table hive with (partitioned_by = ARRAY['n']) as "
    assert athena.reason(hive + days.format(101)).startswith(f"HIVE_{too_many}")
    assert athena.rows("select count(*) from days")[1:] == [("100",)]


def test_timestamps_keep_athenas_precision(athena: Session) -> None:
    """Iceberg takes microseconds only, Hive milliseconds only."""

    def created(table: str, precision: int, properties: str) -> dict[str, Any]:
        query = f"select cast(now() as timestamp({precision})) as at"
        location = f"location = '{athena.location}{table}'"
        sql = f"create table {table} with ({properties}{location}) as {query}"
        return athena.run(sql)["Status"]

    iceberg, hive = "table_type = 'iceberg', is_external = false, ", "external_"
    assert created("iceberg_3", 3, iceberg)["StateChangeReason"] == (
        "NOT_SUPPORTED: Timestamp precision (3) not supported for Iceberg. "
        'Use "timestamp(6)" instead.'
    )
    assert (
        "Incorrect timestamp precision for timestamp(6)"
        in (created("hive_6", 6, hive)["StateChangeReason"])
    )
    assert created("iceberg_6", 6, iceberg)["State"] == "SUCCEEDED"
    assert created("hive_3", 3, hive)["State"] == "SUCCEEDED"


def test_hive_tables_refuse_what_only_iceberg_can(athena: Session) -> None:
    """Rename, MERGE, DELETE, UPDATE, OPTIMIZE, VACUUM; and a folder that is taken."""
    ctas = f"create table plain with (external_location = '{athena.location}plain') as "
    athena.run(f"{ctas} select 1 as a")
    for sql in (
        f"alter table `{athena.schema}`.`plain` rename to `{athena.schema}`.`other`",
        "merge into plain as t using plain as s on t.a = s.a when matched then delete",
        "delete from plain where a = 1",
        "update plain set a = 2",
        "optimize plain rewrite data using bin_pack",
        "vacuum plain",
    ):
        assert athena.reason(sql).startswith("NOT_SUPPORTED: ")
    taken = ctas.replace("plain with", "again with")
    assert athena.reason(f"{taken} select 1 as a").startswith(
        "HIVE_PATH_ALREADY_EXISTS"
    )
    assert athena.reason("vacuum missing").startswith("TABLE_NOT_FOUND")


def test_injected_ends_are_the_querys(
    athena: Session, local_athena: LocalAthena
) -> None:
    """Once each, for the query whose text matches."""
    for error, state in (("FAILED", "FAILED"), ("CANCELLED", "CANCELLED")):
        with local_athena.faults.injecting(
            service="athena",
            operation="query",
            error=error,
            matching="as marked",
            reason="Query exhausted resources at this scale factor",
        ):
            assert athena.run("select 1")["Status"]["State"] == "SUCCEEDED"
            status = athena.run("select 1 as marked")["Status"]
            assert status["State"] == state
            assert status["StateChangeReason"].startswith("Query exhausted resources")
            assert athena.run("select 1 as marked")["Status"]["State"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("StartQueryExecution", "ThrottlingException"),
        ("StartQueryExecution", "TooManyRequestsException"),
        ("StartQueryExecution", "ExpiredTokenException"),
        ("GetQueryResults", "AccessDeniedException"),
    ],
)
def test_injected_errors_are_answered(
    athena: Session, local_athena: LocalAthena, operation: str, error: str
) -> None:
    """By the operation that they are for, once."""
    with local_athena.faults.injecting(
        service="athena", operation=operation, error=error
    ):
        with pytest.raises(ClientError) as refused:
            athena.rows("select 1")
        assert refused.value.response["Error"]["Code"] == error
        assert athena.rows("select 1")[1:] == [("1",)]


def test_a_result_that_cannot_be_written_fails_the_query(
    athena: Session, local_athena: LocalAthena
) -> None:
    """S3 denies the file of the result, in a folder of its own.

    Trino still writes, for seconds, the files of a table that was refused before.
    """
    denied = {"OutputLocation": f"{athena.location}denied/"}
    with local_athena.faults.injecting(
        service="s3", operation="PutObject", error="AccessDenied", matching="/denied/"
    ):
        reason = athena.reason("select 1", ResultConfiguration=denied)
    assert reason.startswith("Access denied when writing output to url: s3://")
