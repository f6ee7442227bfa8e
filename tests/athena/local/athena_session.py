"""The local Athena as a test talks to it: real boto3, one schema of its own."""

import time
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
from athena_local import LocalAthena
from botocore.config import Config

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")


def client(service: str, url: str) -> Any:
    """Return a client that tries once, so that an error is seen as it comes."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 (what moto takes)
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


@dataclass(frozen=True)
class Session:
    """A schema, and calls within it.

    Attributes
    ----------
    athena, s3, glue
        Clients of the local AWS.
    schema, location
        A new schema's name, and a folder in S3 for its tables.
    """

    athena: Any
    s3: Any
    glue: Any
    schema: str
    location: str

    def start(self, sql: str, **request: Any) -> str:
        """Start a query and return its id."""
        asked = {
            "QueryExecutionContext": {
                "Catalog": "awsdatacatalog",
                "Database": self.schema,
            },
            "ResultConfiguration": {"OutputLocation": f"{self.location}results/"},
        }
        answer = self.athena.start_query_execution(QueryString=sql, **asked | request)
        return str(answer["QueryExecutionId"])

    def ended(self, query_id: str) -> dict[str, Any]:
        """Wait for a query's end and return what Athena says of it."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = self.athena.get_query_execution(QueryExecutionId=query_id)
            execution: dict[str, Any] = found["QueryExecution"]
            if execution["Status"]["State"] in ENDED:
                return execution
        raise TimeoutError(query_id)

    def run(self, sql: str, **request: Any) -> dict[str, Any]:
        """Run a query to its end, well or not."""
        return self.ended(self.start(sql, **request))

    def rows(self, sql: str, **request: Any) -> list[tuple[str | None, ...]]:
        """Run a query that succeeds and return its rows, the header included."""
        execution = self.run(sql, **request)
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return self.results(execution["QueryExecutionId"])

    def results(self, query_id: str) -> list[tuple[str | None, ...]]:
        """Return the rows of a query's first page."""
        found = self.athena.get_query_results(QueryExecutionId=query_id)
        return [
            tuple(cell.get("VarCharValue") for cell in row["Data"])
            for row in found["ResultSet"]["Rows"]
        ]

    def reason(self, sql: str, **request: Any) -> str:
        """Run a query that fails and return why."""
        status = self.run(sql, **request)["Status"]
        assert status["State"] == "FAILED", status
        return str(status["StateChangeReason"])

    def objects(self, folder: str) -> list[str]:
        """Return the keys below a folder of the session's location."""
        bucket, _, prefix = f"{self.location}{folder}"[5:].partition("/")
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)
        return [each["Key"] for each in found.get("Contents", [])]

    def iceberg(self, table: str, query: str, *properties: str) -> str:
        """Create an Iceberg table by CTAS and return its name."""
        given = ", ".join(
            (
                "table_type = 'iceberg'",
                "is_external = false",
                f"location = '{self.location}{table}'",
                *properties,
            )
        )
        status = self.run(f"create table {table} with ({given}) as {query}")["Status"]
        assert status["State"] == "SUCCEEDED", status
        return table


def session(stack: LocalAthena) -> Session:
    """Return a session with a new schema."""
    schema = f"local_{uuid.uuid4().hex[:8]}"
    opened = Session(
        client("athena", stack.athena_url),
        client("s3", stack.aws_url),
        client("glue", stack.aws_url),
        schema,
        f"s3://{stack.buckets[0]}/{schema}/",
    )
    opened.run(f"create schema `{schema}`")
    return opened
