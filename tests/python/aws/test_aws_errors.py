"""Errors of AWS as one message: what, where, what to do; and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from aws_account import BUCKET, aws
from botocore.exceptions import ClientError, NoCredentialsError
from capacity_process import run_capacity
from pyathena.error import DatabaseError

from python_jobs.cli.dbt_log import problems
from python_jobs.platform.aws import client
from python_jobs.platform.aws_errors import about, explained, problem
from python_jobs.platform.errors import PlatformError, RunError
from python_jobs.platform.settings import Settings
from python_jobs.store import Store

# as boto3, pyarrow, Athena and its drivers write them
SAID = [
    ("Unable to locate credentials", "no_credentials"),
    ("The config profile (bank) could not be found", "no_credentials"),
    (
        "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        "no_credentials",
    ),
    (
        "An error occurred (ExpiredTokenException) when calling the GetTable operation:"
        " The security token included in the request is expired",
        "expired_credentials",
    ),
    (
        "An error occurred (UnrecognizedClientException) when calling the"
        " StartQueryExecution operation: The security token included in the request is"
        " invalid.",
        "expired_credentials",
    ),
    (
        "The SSO session associated with this profile has expired or is otherwise"
        " invalid. To refresh this SSO session run aws sso login",
        "expired_credentials",
    ),
    (
        "When reading information for key 'lake/a.parquet' in bucket 'lake': AWS Error"
        " UNKNOWN (HTTP status 400) during HeadObject operation: No response body.",
        "expired_credentials",
    ),
    (
        "An error occurred (NoSuchBucket) when calling the PutObject operation: The"
        " specified bucket does not exist",
        "missing_bucket",
    ),
    (
        "When initiating multiple part upload for key 'x' in bucket 'gone': AWS Error"
        " NO_SUCH_BUCKET during CreateMultipartUpload operation: The specified bucket"
        " does not exist",
        "missing_bucket",
    ),
    (
        "An error occurred (InvalidRequestException) when calling the"
        " StartQueryExecution operation: Unable to verify/create output bucket gone",
        "missing_bucket",
    ),
    (
        "An error occurred (InvalidRequestException) when calling the GetWorkGroup"
        " operation: WorkGroup bank is not found.",
        "missing_work_group",
    ),
    (
        "An error occurred (PermanentRedirect) when calling the ListObjectsV2"
        " operation: The bucket you are attempting to access must be addressed using"
        " the specified endpoint.",
        "wrong_region",
    ),
    ("Query cancelled! : Bytes scanned limit was exceeded", "scan_limit"),
    (
        "An error occurred (ThrottlingException) when calling the StartQueryExecution"
        " operation (reached max retries: 3): Rate exceeded",
        "throttled",
    ),
    (
        "An error occurred (TooManyRequestsException) when calling the"
        " StartQueryExecution operation: You have exceeded the limit",
        "throttled",
    ),
    (
        "AWS Error SLOW_DOWN during PutObject operation: Please reduce your request"
        " rate.",
        "throttled",
    ),
    (
        "An error occurred (AccessDeniedException) when calling the UpdateTable"
        " operation: User: arn:aws:sts::123456789012:assumed-role/capacity/x is not"
        " authorized to perform: glue:UpdateTable on resource: arn:aws:glue:us-east-1",
        "denied",
    ),
    (
        "When completing multiple part upload for key 'x' in bucket 'lake': AWS Error"
        " ACCESS_DENIED during CompleteMultipartUpload operation: Access Denied",
        "denied",
    ),
    (
        "Insufficient permissions to execute the query. User: arn:aws:sts::1 is not"
        " authorized to perform: glue:GetDatabase",
        "denied",
    ),
    (
        "An error occurred (403) when calling the HeadBucket operation: Forbidden",
        "denied",
    ),
    (
        'Could not connect to the endpoint URL: "http://127.0.0.1:1/"',
        "unreachable",
    ),
    (
        "AWS Error NETWORK_CONNECTION during CreateMultipartUpload operation:"
        " curlCode: 7, Couldn't connect to server",
        "unreachable",
    ),
    ("ICEBERG_COMMIT_ERROR: Failed to commit Iceberg update to table", "conflict"),
    (
        "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'a.b' already exists",
        "conflict",
    ),
    ("Query cancelled by user", "cancelled"),
    ("SYNTAX_ERROR: line 1:8: Column 'nope' cannot be resolved", None),
    ("Query exhausted resources at this scale factor", None),
]


@pytest.mark.parametrize(("text", "kind"), SAID)
def test_each_fault_is_known_by_its_words(text: str, kind: str | None) -> None:
    """A fault of the query itself is none of AWS's."""
    found = problem(text)
    assert (found and found.kind) == kind
    if found is not None:
        assert found.advice
        assert str(found).endswith(f"{found.said} → {found.advice}")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (SAID[3][0], "(GetTable)"),
        (SAID[8][0], "(CreateMultipartUpload, bucket gone)"),
        (SAID[9][0], "(StartQueryExecution, bucket gone)"),
        (SAID[16][0], "(glue:UpdateTable)"),
        (SAID[17][0], "(CompleteMultipartUpload, bucket lake)"),
    ],
)
def test_action_and_bucket_are_named(text: str, named: str) -> None:
    """Where AWS's words name them."""
    found = problem(text)
    assert found is not None
    assert found.what.endswith(named)


def refused(code: str, operation: str) -> ClientError:
    """Return what boto3 raises."""
    return ClientError({"Error": {"Code": code, "Message": "said"}}, operation)


def test_the_table_in_work_is_named() -> None:
    """The notes of the store are part of the message; the chain is followed."""

    def write() -> None:
        try:
            raise refused("AccessDenied", "PutObject")
        except ClientError as error:
            raise ValueError("pyiceberg's own words") from error

    with pytest.raises(ValueError, match="own words") as caught, about("table ml.runs"):
        write()
    failure = explained(caught.value)
    assert isinstance(failure, PlatformError)
    assert str(failure).startswith("table ml.runs: AWS denied the action (PutObject): ")
    assert str(failure).endswith("; nothing is half published")


def test_faults_in_a_run_and_of_the_environment_have_their_exit_codes() -> None:
    """5 for what came in the middle, 4 for what no command could have done."""
    throttled = explained(refused("ThrottlingException", "StartQueryExecution"))
    unknown = explained(refused("InternalFailure", "GetTable"))
    sql = explained(DatabaseError("SYNTAX_ERROR: line 1"))
    assert [type(each) for each in (throttled, unknown, sql)] == [RunError] * 3
    assert isinstance(explained(NoCredentialsError()), PlatformError)


def test_other_errors_are_left_alone() -> None:
    """A fault of ours is not AWS's, whatever its words."""
    assert explained(ValueError("AccessDenied")) is None
    assert explained(FileNotFoundError("no such file")) is None
    assert explained(RunError("the query was cancelled")) is None


def test_a_missing_bucket_is_reported(settings: Settings) -> None:
    """By pyarrow's own error, from the first write."""
    client(settings, "s3").delete_bucket(Bucket=BUCKET)
    with pytest.raises(OSError, match="BUCKET") as caught:
        Store.open(settings).init()
    failure = explained(caught.value)
    assert isinstance(failure, PlatformError)
    assert "the S3 bucket does not exist" in str(failure)
    assert f"bucket {BUCKET}" in str(failure)
    assert str(failure).startswith("table raw.")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            "there are no AWS credentials: Unable to locate credentials → set",
        ),
        (
            {"AWS_PROFILE": "nobody"},
            "there are no AWS credentials: The config profile (nobody) could not be",
        ),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"},
            "AWS does not answer",
        ),
    ],
)
def test_commands_end_with_one_line(
    account: dict[str, str], tmp_path: Path, variables: dict[str, str], expected: str
) -> None:
    """Exit code 4 and no traceback; after the cure the same command works."""
    given = {name: value for name, value in (account | variables).items() if value}
    given.pop("CAPACITY_WAREHOUSE")
    ended = run_capacity("init", warehouse=tmp_path, **given)
    assert ended.returncode == 4, ended.stderr
    (line,) = ended.stderr.splitlines()
    assert expected in json.loads(line)["message"]
    account.pop("CAPACITY_WAREHOUSE")
    assert run_capacity("init", warehouse=tmp_path, **account).returncode == 0


def results(folder: Path, *found: dict[str, Any]) -> Path:
    """Write dbt's results file."""
    (folder / "run_results.json").write_text(json.dumps({"results": found}))
    return folder


def test_dbts_results_are_read_the_same_way(tmp_path: Path) -> None:
    """A model that AWS denied is not corrected; one with a wrong column is."""
    denied = "Runtime Error in model dim_dates (models/x.sql)\n  " + SAID[16][0]
    wrong = "Runtime Error in model dim_days\n  SYNTAX_ERROR: Column 'nope'"
    folder = results(
        tmp_path,
        {"unique_id": "model.p.dim_dates", "status": "error", "message": denied},
        {"unique_id": "model.p.dim_days", "status": "error", "message": wrong},
        {"unique_id": "test.p.a.1", "status": "fail", "message": "not cancelled"},
    )
    first, second, third = problems(folder, statuses=("error", "fail"))
    assert first.is_environment
    assert str(first).startswith("model dim_dates: AWS denied the action (glue:UpdateT")
    assert "allow it in the policy" in first.advice
    assert not second.is_environment
    assert second.advice.startswith("correct the model")
    assert not third.is_environment
    assert third.message == "not cancelled"


def test_the_account_of_the_tests_is_empty(account: dict[str, str]) -> None:
    """Each test begins with one bucket and no database."""
    glue = aws("glue", account["AWS_ENDPOINT_URL"])
    assert glue.get_databases()["DatabaseList"] == []
