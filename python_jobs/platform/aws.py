"""The one way to AWS: every client and file system here has the same credentials.

boto3 finds them as it always does: variables, ``AWS_PROFILE`` (keys, SSO, an assumed
role), the role of the machine. pyarrow knows fewer of these ways, so it is handed what
boto3 found; dbt is a process of its own and finds the same by itself.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import NoCredentialsError

from python_jobs.platform.errors import UsageError
from python_jobs.platform.settings import Settings

RETRIES = 5
"""Attempts of one call; the waits between them grow."""

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": RETRIES}, connect_timeout=10
)


@dataclass(frozen=True)
class Place:
    """A folder in S3: bucket, and prefix with its slash at the end (or empty)."""

    bucket: str
    prefix: str

    def __str__(self) -> str:
        """Return the address."""
        return f"s3://{self.bucket}/{self.prefix}"


def place(address: str, *, variable: str = "") -> Place:
    """Split an ``s3://bucket/prefix/`` address.

    Parameters
    ----------
    address
        Address of a folder; the slash at its end may be missing.
    variable
        Where the user has set it, for the error.

    Raises
    ------
    UsageError
        If it is no such address.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    if not address.startswith("s3://") or not bucket:
        raise UsageError(
            f"{variable} '{address}' is no S3 folder → write s3://bucket/folder/".strip()
        )
    return Place(bucket, f"{prefix.rstrip('/')}/" if prefix.strip("/") else "")


def session(settings: Settings) -> boto3.Session:
    """Return the process's session; it renews credentials that expire by itself."""
    given = frozenset(
        (name, value) for name, value in os.environ.items() if name.startswith("AWS_")
    )
    return _session(settings.region, given)


@lru_cache(maxsize=4)
def _session(region: str, given: frozenset[tuple[str, str]]) -> boto3.Session:
    # other variables are other credentials; the same ones ask for no second token
    del given
    return boto3.Session(region_name=region)


def client(settings: Settings, service: str) -> Any:
    """Return a client of an AWS service, or of what stands in for it."""
    endpoint = settings.endpoint(service)
    # the names of all services are a type of their own, the caller's are literals
    name: Any = service
    return session(settings).client(name, endpoint_url=endpoint, config=_CONFIG)


def file_properties(settings: Settings) -> dict[str, str]:
    """Return pyiceberg's properties for reading and writing S3 by pyarrow.

    Ask again for each table: temporary credentials change during a long run.
    """
    found = session(settings).get_credentials()
    if found is None:
        raise NoCredentialsError
    keys = found.get_frozen_credentials()
    properties = {
        "client.region": settings.region,
        "s3.access-key-id": str(keys.access_key),
        "s3.secret-access-key": str(keys.secret_key),
    }
    if keys.token:
        properties["s3.session-token"] = keys.token
    endpoint = settings.endpoint("s3")
    if endpoint is not None:
        properties["s3.endpoint"] = endpoint
    return properties
