"""The stack of the run with a schema a module; and S3, Glue and STS alone."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from athena_local import Faults, LocalAthena
from athena_local.aws_server import AwsServer
from athena_session import Session, session
from botocore.config import Config


@pytest.fixture(scope="module")
def athena(local_athena: LocalAthena) -> Session:
    """Open a session on the stack of the run, in a schema of its own."""
    return session(local_athena)


@pytest.fixture
def aws() -> Iterator[AwsServer]:
    """Start moto, with faults of its own: at once, where Trino takes its time."""
    server = AwsServer(Faults())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(aws: AwsServer) -> Callable[..., Any]:
    """Return boto3's client of a service; ``attempts`` is how often it tries."""

    def make(service: str, *, attempts: int = 1) -> Any:
        retries = {"total_max_attempts": attempts, "mode": "standard"}
        return boto3.client(
            service,
            endpoint_url=aws.url,
            region_name="us-east-1",
            aws_access_key_id="testing",
            aws_secret_access_key="testing",  # noqa: S106 - no secret
            config=Config(retries=retries, proxies={}),
        )

    return make
