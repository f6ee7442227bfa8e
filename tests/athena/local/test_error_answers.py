"""Injected errors reach AWS's own clients as the errors of AWS."""

import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from athena_local.aws_server import AwsServer
from botocore.exceptions import ClientError

CALLS: dict[str, Callable[[Any], Any]] = {
    "GetTable": lambda glue: glue.get_table(DatabaseName="raw", Name="loads"),
    "UpdateTable": lambda glue: glue.update_table(
        DatabaseName="raw", TableInput={"Name": "loads"}
    ),
    "PutObject": lambda s3: s3.put_object(
        Bucket="error-answers", Key="ml/x", Body=b"x"
    ),
    "GetObject": lambda s3: s3.get_object(Bucket="error-answers", Key="ml/x"),
    "HeadObject": lambda s3: s3.head_object(Bucket="error-answers", Key="ml/x"),
    "ListObjectsV2": lambda s3: s3.list_objects_v2(
        Bucket="error-answers", Prefix="ml/"
    ),
    "DeleteObjects": lambda s3: s3.delete_objects(
        Bucket="error-answers", Delete={"Objects": [{"Key": "ml/x"}]}
    ),
    "CreateMultipartUpload": lambda s3: s3.create_multipart_upload(
        Bucket="error-answers", Key="ml/x"
    ),
    "GetCallerIdentity": lambda sts: sts.get_caller_identity(),
}


@pytest.mark.parametrize(
    ("call", "error", "status"),
    [
        ("glue.GetTable", "AccessDeniedException", 400),
        ("glue.GetTable", "ExpiredTokenException", 400),
        ("glue.UpdateTable", "ThrottlingException", 400),
        ("glue.UpdateTable", "InternalServiceException", 500),
        ("s3.PutObject", "AccessDenied", 403),
        ("s3.PutObject", "SlowDown", 503),
        ("s3.GetObject", "ExpiredToken", 400),
        ("s3.ListObjectsV2", "NoSuchBucket", 404),
        ("s3.DeleteObjects", "AccessDenied", 403),
        ("s3.CreateMultipartUpload", "AccessDenied", 403),
        ("sts.GetCallerIdentity", "ExpiredToken", 403),
    ],
)
def test_an_injected_error_is_the_one_the_client_raises(
    aws: AwsServer, client: Any, call: str, error: str, status: int
) -> None:
    """Code, status and a message, by the protocol of the service."""
    service, operation = call.split(".")
    caller = client(service)
    with (
        aws.faults.injecting(service=service, operation=operation, error=error),
        pytest.raises(ClientError) as raised,
    ):
        CALLS[operation](caller)
    response = raised.value.response
    assert response["Error"]["Code"] == error
    assert response["Error"]["Message"]
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert aws.faults.counts[service, operation, error] == 1


def test_a_head_is_answered_without_a_body(aws: AwsServer, client: Any) -> None:
    """S3 says no more than 403, and boto3 no more than that."""
    with (
        aws.faults.injecting(
            service="s3", operation="HeadObject", error="AccessDenied", matching="ml/"
        ),
        pytest.raises(ClientError, match="403"),
    ):
        CALLS["HeadObject"](client("s3"))


def test_a_client_that_tries_again_gets_through(aws: AwsServer, client: Any) -> None:
    """Two throttled calls, the third is served."""
    glue = client("glue", attempts=3)
    aws.faults.inject(
        service="glue", operation="GetDatabases", error="ThrottlingException", times=2
    )
    assert "DatabaseList" in glue.get_databases()
    assert aws.faults.counts["glue", "GetDatabases", "ThrottlingException"] == 2


def test_the_reason_of_a_fault_is_its_message(aws: AwsServer, client: Any) -> None:
    """With the characters that XML and JSON escape."""
    reason = 'no <entry> for "you" & others'
    for service, operation in (("s3", "GetObject"), ("glue", "GetTable")):
        aws.faults.inject(
            service=service, operation=operation, error="AccessDenied", reason=reason
        )
        with pytest.raises(ClientError) as raised:
            CALLS[operation](client(service))
        assert raised.value.response["Error"]["Message"] == reason


def test_an_upload_is_read_before_it_is_refused(aws: AwsServer) -> None:
    """A client that sends its object late hears why, not that it was cut off."""
    host, port = aws.url.removeprefix("http://").split(":")
    with (
        aws.faults.injecting(service="s3", operation="PutObject", error="AccessDenied"),
        socket.create_connection((host, int(port)), 60) as late,
    ):
        late.sendall(b"PUT /lake/x HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n")
        for half in (b"01234", b"56789"):
            time.sleep(0.2)
            late.sendall(half)
        assert late.makefile("rb").readline().split()[1] == b"403"
