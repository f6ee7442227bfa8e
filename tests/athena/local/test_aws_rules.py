"""What real Glue and S3 hold, and the local one must hold too."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from athena_local import LOST_RESPONSE
from athena_local.aws_server import AwsServer
from botocore.exceptions import ClientError, ConnectionClosedError

# moto keeps one state a process: the stack of the run sees this too
DATABASE, BUCKET = "aws_rules", "aws-rules"


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


@pytest.fixture
def glue(client: Any) -> Iterator[Any]:
    """Return a Glue client, and make one table for as long as a test runs."""
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": DATABASE})
    glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "loads"})
    yield glue
    glue.delete_table(DatabaseName=DATABASE, Name="loads")
    glue.delete_database(Name=DATABASE)


@pytest.fixture
def s3(client: Any) -> Any:
    """Return an S3 client, and make one bucket."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return s3


def _update(glue: Any, version: str, **table: Any) -> None:
    glue.update_table(
        DatabaseName=DATABASE,
        TableInput={"Name": "loads", **table},
        VersionId=version,
        SkipArchive=True,
    )


def test_an_update_of_an_outdated_version_is_refused(glue: Any) -> None:
    """Two writers read one version: the second one to update starts again."""
    version = glue.get_table(DatabaseName=DATABASE, Name="loads")["Table"]["VersionId"]
    _update(glue, version, Description="first")
    with pytest.raises(ClientError) as refused:
        _update(glue, version, Description="second")
    assert _code(refused) == "ConcurrentModificationException"
    table = glue.get_table(DatabaseName=DATABASE, Name="loads")["Table"]
    assert table["Description"] == "first"
    _update(glue, table["VersionId"], Description="second")


def test_of_simultaneous_updates_of_one_version_one_lands(glue: Any) -> None:
    """The check and the update are one step."""
    version = glue.get_table(DatabaseName=DATABASE, Name="loads")["Table"]["VersionId"]

    def lands(number: int) -> bool:
        try:
            _update(glue, version, Description=str(number))
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lands, range(16))) == 1


def test_glue_names_what_is_missing_or_there_already(glue: Any) -> None:
    """The errors that pyiceberg and Trino tell apart."""
    with pytest.raises(ClientError) as missing:
        glue.get_table(DatabaseName=DATABASE, Name="none")
    assert _code(missing) == "EntityNotFoundException"
    with pytest.raises(ClientError) as update_of_missing:
        glue.update_table(
            DatabaseName=DATABASE, TableInput={"Name": "none"}, VersionId="1"
        )
    assert _code(update_of_missing) == "EntityNotFoundException"
    with pytest.raises(ClientError) as there:
        glue.create_table(DatabaseName=DATABASE, TableInput={"Name": "loads"})
    assert _code(there) == "AlreadyExistsException"


def test_a_table_has_no_column_statistics(glue: Any) -> None:
    """Trino asks for them; the answer is that there are none."""
    found = glue.get_column_statistics_for_table(
        DatabaseName=DATABASE, TableName="loads", ColumnNames=["load_id"]
    )
    assert found["ColumnStatisticsList"] == []


def test_of_simultaneous_writers_of_a_new_object_one_writes(s3: Any) -> None:
    """``If-None-Match: *`` is a lock that many may try to take."""

    def takes(number: int) -> bool:
        body = str(number).encode()
        try:
            s3.put_object(Bucket=BUCKET, Key="lock", Body=body, IfNoneMatch="*")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "PreconditionFailed"
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 412
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(takes, range(16))) == 1
    # given back by who holds it, and by nobody else
    etag = s3.head_object(Bucket=BUCKET, Key="lock")["ETag"]
    with pytest.raises(ClientError) as foreign:
        s3.delete_object(Bucket=BUCKET, Key="lock", IfMatch='"0123"')
    assert _code(foreign) == "PreconditionFailed"
    s3.delete_object(Bucket=BUCKET, Key="lock", IfMatch=etag)
    assert takes(1)


def test_an_object_can_be_read_while_it_is_overwritten(s3: Any) -> None:
    """Every reader sees one whole version."""
    bodies = [character * 50_000 for character in (b"a", b"b", b"c")]
    s3.put_object(Bucket=BUCKET, Key="x", Body=bodies[0])

    def read_or_write(number: int) -> bytes:
        if number % 3 == 0:
            s3.put_object(Bucket=BUCKET, Key="x", Body=bodies[number % 9 // 3])
        return bytes(s3.get_object(Bucket=BUCKET, Key="x")["Body"].read())

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(read_or_write, range(60))) <= set(bodies)


def test_a_lost_response_is_done_and_not_answered(aws: AwsServer, glue: Any) -> None:
    """The client cannot know: the connection closed, and the table is updated."""
    version = glue.get_table(DatabaseName=DATABASE, Name="loads")["Table"]["VersionId"]
    with (
        aws.faults.injecting(
            service="glue", operation="UpdateTable", error=LOST_RESPONSE
        ),
        pytest.raises(ConnectionClosedError),
    ):
        _update(glue, version, Description="landed")
    table = glue.get_table(DatabaseName=DATABASE, Name="loads")["Table"]
    assert table["Description"] == "landed"


def test_athena_is_not_served_at_this_address(client: Any) -> None:
    """A client that lacks AWS_ENDPOINT_URL_ATHENA must not talk to moto's Athena."""
    with pytest.raises(ClientError, match="AWS_ENDPOINT_URL_ATHENA"):
        client("athena").list_work_groups()
