"""Athena's API as boto3 sees it: ids, states, pages, results, workgroups, errors."""

import uuid

import pytest
from athena_local import LocalAthena
from athena_session import Session
from botocore.exceptions import ClientError


def refused(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Return the name and the message of an error."""
    answer = error.value.response["Error"]
    return answer["Code"], answer["Message"]


def test_a_query_is_described_with_its_statistics(athena: Session) -> None:
    """State, types, times, bytes, engine and where the result is."""
    athena.iceberg("described", "select * from unnest(sequence(1, 1000)) as t(n)")
    found = athena.run("select sum(n) from described")
    assert found["StatementType"] == "DML"
    assert found["SubstatementType"] == "SELECT"
    assert found["WorkGroup"] == "primary"
    assert found["QueryExecutionContext"]["Database"] == athena.schema
    assert found["Statistics"]["DataScannedInBytes"] > 500
    assert found["Statistics"]["EngineExecutionTimeInMillis"] > 0
    assert found["EngineVersion"]["EffectiveEngineVersion"].endswith("version 3")
    assert (
        found["Status"]["CompletionDateTime"] >= found["Status"]["SubmissionDateTime"]
    )
    location = found["ResultConfiguration"]["OutputLocation"]
    assert location == f"{athena.location}results/{found['QueryExecutionId']}.csv"


def test_results_have_a_header_types_and_a_file(athena: Session) -> None:
    """The same rows over the API and in S3; a null is no cell."""
    found = athena.run("select 1 as n, 'a,\"b' as s, cast(null as double) as x")
    answer = athena.athena.get_query_results(QueryExecutionId=found["QueryExecutionId"])
    assert [row["Data"] for row in answer["ResultSet"]["Rows"]] == [
        [{"VarCharValue": "n"}, {"VarCharValue": "s"}, {"VarCharValue": "x"}],
        [{"VarCharValue": "1"}, {"VarCharValue": 'a,"b'}, {}],
    ]
    columns = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [column["Type"] for column in columns] == ["integer", "varchar", "double"]
    bucket, _, key = found["ResultConfiguration"]["OutputLocation"][5:].partition("/")
    content = athena.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert content == b'"n","s","x"\n"1","a,""b",\n'


def test_results_come_in_pages(athena: Session) -> None:
    """2,500 rows and a header: three pages of at most 1,000."""
    query = athena.run("select n from unnest(sequence(1, 2500)) as t(n)")
    pages = list(
        athena.athena.get_paginator("get_query_results").paginate(
            QueryExecutionId=query["QueryExecutionId"]
        )
    )
    counts = [len(page["ResultSet"]["Rows"]) for page in pages]
    assert counts == [1000, 1000, 501]
    with pytest.raises(ClientError) as error:
        athena.athena.get_query_results(
            QueryExecutionId=query["QueryExecutionId"], NextToken="9999"
        )
    assert refused(error) == ("InvalidRequestException", "Invalid next token.")


def test_writing_statements_count_their_rows(athena: Session) -> None:
    """CTAS, INSERT and MERGE: UpdateCount, and no rows."""
    athena.iceberg("counted", "select 1 as k, 1 as v")
    merge = (
        "merge into counted as t using (values (1, 2), (3, 4)) as s(k, v) on t.k = s.k "
        "when matched then update set v = s.v "
        "when not matched then insert (k, v) values (s.k, s.v)"
    )
    for sql, count, kind in (
        ("insert into counted select 2, 2", 1, "INSERT"),
        (merge, 2, "MERGE"),
        ("delete from counted where k = 2", 1, "DELETE"),
    ):
        found = athena.run(sql)
        answer = athena.athena.get_query_results(
            QueryExecutionId=found["QueryExecutionId"]
        )
        assert found["SubstatementType"] == kind
        assert (answer["UpdateCount"], answer["ResultSet"]["Rows"]) == (count, [])
    assert athena.rows("select k, v from counted order by k")[1:] == [
        ("1", "2"),
        ("3", "4"),
    ]


def test_plain_text_statements_have_no_header(athena: Session) -> None:
    """SHOW TABLES is UTILITY, CREATE SCHEMA is DDL."""
    athena.iceberg("shown", "select 1 as a")
    found = athena.run("show tables")
    assert (found["StatementType"], found["SubstatementType"]) == (
        "UTILITY",
        "SHOW_TABLES",
    )
    assert ("shown",) in athena.results(found["QueryExecutionId"])
    assert found["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    described = athena.rows("describe shown")
    assert [row[0].split() for row in described] == [["a", "integer"]]


def test_a_request_token_starts_one_query(athena: Session) -> None:
    """The same token with other text is refused."""
    token = uuid.uuid4().hex * 2
    first = athena.start("select 1", ClientRequestToken=token)
    assert athena.start("select 1", ClientRequestToken=token) == first
    with pytest.raises(ClientError) as error:
        athena.start("select 2", ClientRequestToken=token)
    assert refused(error) == (
        "InvalidRequestException",
        "Idempotent parameters do not match",
    )


def test_execution_parameters_are_bound(athena: Session) -> None:
    """In order, and reported again."""
    found = athena.run("select ? as a, ? + 1 as b", ExecutionParameters=["'x'", "2"])
    assert athena.results(found["QueryExecutionId"])[1:] == [("x", "3")]
    assert found["ExecutionParameters"] == ["'x'", "2"]


def test_several_queries_are_looked_up_at_once(athena: Session) -> None:
    """Known ids are described, unknown ones are listed."""
    known = athena.run("select 1")["QueryExecutionId"]
    answer = athena.athena.batch_get_query_execution(
        QueryExecutionIds=[known, "unknown"]
    )
    assert [each["QueryExecutionId"] for each in answer["QueryExecutions"]] == [known]
    (missing,) = answer["UnprocessedQueryExecutionIds"]
    assert missing["QueryExecutionId"] == "unknown"
    listed = athena.athena.list_query_executions(MaxResults=1)
    assert listed["QueryExecutionIds"] == [known]


def test_unknown_names_are_refused_as_athena_does(athena: Session) -> None:
    """A query, a workgroup, a catalog."""
    calls = athena.athena
    for call, message in (
        (
            lambda: calls.get_query_execution(QueryExecutionId="x"),
            "QueryExecution x was not found",
        ),
        (lambda: calls.get_work_group(WorkGroup="x"), "WorkGroup x is not found."),
        (
            lambda: athena.start("select 1", WorkGroup="x"),
            "WorkGroup x is not found.",
        ),
    ):
        with pytest.raises(ClientError) as error:
            call()
        assert refused(error) == ("InvalidRequestException", message)


def test_a_query_needs_a_place_for_its_result(athena: Session) -> None:
    """None given, no place in S3, no such bucket."""
    for location, message in (
        ({}, "No output location provided. An output location is required"),
        ({"OutputLocation": "results/"}, "outputLocation is not a valid S3 path."),
        (
            {"OutputLocation": "s3://no-such-bucket/x/"},
            "Unable to verify/create output bucket no-such-bucket",
        ),
    ):
        with pytest.raises(ClientError) as error:
            athena.start("select 1", ResultConfiguration=location)
        name, answer = refused(error)
        assert name == "InvalidRequestException"
        assert answer.startswith(message)


def test_text_that_is_no_statement_is_no_query(athena: Session) -> None:
    """Refused at the start: too long, malformed, of a kind that Athena has not."""
    for sql, message in (
        ("x" * 262_145, "less than or equal to 262144"),
        ("drop table a b", "mismatched input 'b'"),
        ("call system.sync()", "Queries of this type are not supported"),
    ):
        with pytest.raises(ClientError) as error:
            athena.start(sql)
        name, answer = refused(error)
        assert (name, message in answer) == ("InvalidRequestException", True)


def test_a_failed_query_says_why_and_whose_fault_it_is(athena: Session) -> None:
    """USER is category 2; its results are refused."""
    found = athena.run("select nope from unnest(sequence(1, 2)) as t(n)")
    failure = found["Status"]["AthenaError"]
    assert failure["ErrorCategory"] == 2
    assert failure["ErrorMessage"] == found["Status"]["StateChangeReason"]
    assert failure["ErrorMessage"].startswith("COLUMN_NOT_FOUND: line 1:8")
    with pytest.raises(ClientError) as error:
        athena.results(found["QueryExecutionId"])
    assert refused(error) == (
        "InvalidRequestException",
        "Query did not finish successfully. Final query state: FAILED",
    )


def test_a_workgroup_can_force_its_location(athena: Session) -> None:
    """Then the request's is not used; the workgroup's stands in for none, too."""
    name = f"wg-{athena.schema}"
    forced = f"{athena.location}forced/"
    athena.athena.create_work_group(
        Name=name,
        Configuration={
            "ResultConfiguration": {"OutputLocation": forced},
            "EnforceWorkGroupConfiguration": True,
        },
    )
    found = athena.run("select 1", WorkGroup=name)
    assert found["ResultConfiguration"]["OutputLocation"].startswith(forced)
    athena.athena.update_work_group(
        WorkGroup=name, ConfigurationUpdates={"EnforceWorkGroupConfiguration": False}
    )
    answer = athena.athena.get_work_group(WorkGroup=name)["WorkGroup"]
    assert answer["Configuration"]["EnforceWorkGroupConfiguration"] is False
    found = athena.run("select 1", WorkGroup=name)
    assert "/results/" in found["ResultConfiguration"]["OutputLocation"]
    found = athena.run("select 1", WorkGroup=name, ResultConfiguration={})
    assert found["ResultConfiguration"]["OutputLocation"].startswith(forced)


def test_the_catalog_and_its_tables_are_described(athena: Session) -> None:
    """What PyAthena and dbt ask for besides queries."""
    athena.iceberg("listed", "select 1 as a, 'x' as b")
    catalog = athena.athena.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]
    assert catalog["Type"] == "GLUE"
    place = {"CatalogName": "AwsDataCatalog", "DatabaseName": athena.schema}
    table = athena.athena.get_table_metadata(TableName="listed", **place)
    columns = table["TableMetadata"]["Columns"]
    assert [(each["Name"], each["Type"]) for each in columns] == [
        ("a", "int"),
        ("b", "string"),
    ]
    tables = athena.athena.list_table_metadata(**place)["TableMetadataList"]
    assert "listed" in [each["Name"] for each in tables]
    with pytest.raises(ClientError) as error:
        athena.athena.get_table_metadata(TableName="missing", **place)
    assert refused(error)[0] == "MetadataException"


def test_every_finished_query_is_in_the_log(
    athena: Session, local_athena: LocalAthena
) -> None:
    """With dbt's comment as it came, and what Trino was sent."""
    sql = '-- /* {"node_id": "model.p.m"} */\nselect 41 + 1 as a'
    found = athena.run(sql)
    (logged,) = (
        each
        for each in local_athena.statements()
        if each.query_id == found["QueryExecutionId"]
    )
    assert logged.athena_sql == sql
    assert logged.trino_sql == ("select 41 + 1 as a",)
    assert (logged.state, logged.reason) == ("SUCCEEDED", None)
    assert (logged.work_group, logged.database) == ("primary", athena.schema)
