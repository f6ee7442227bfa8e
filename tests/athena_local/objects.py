"""Objects in the local S3: results of queries, and what is below a location."""

from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from athena_local.failures import RESULT_WRITE_ERROR, USER, ApiError, QueryFailedError
from athena_local.glue_tables import client


class Objects:
    """The local S3."""

    def __init__(self, aws_url: str) -> None:
        self._s3: Any = client("s3", aws_url)

    def require_bucket(self, location: str) -> None:
        """Refuse a request whose results have no bucket to go to."""
        bucket, _ = _split(location)
        try:
            self._s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            raise ApiError(f"Unable to verify/create output bucket {bucket}") from error

    def write(self, location: str, content: bytes) -> None:
        """Write one object; a failure is the query's."""
        bucket, key = _split(location)
        try:
            self._s3.put_object(Bucket=bucket, Key=key, Body=content)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            reason = f"Access denied when writing output to url: {location}"
            if code != "AccessDenied":
                reason = f"Failed to write query results to {location}: {code}"
            raise QueryFailedError(reason, USER, RESULT_WRITE_ERROR) from error

    def below(self, location: str) -> list[str]:
        """Return the addresses of the objects in a folder."""
        bucket, key = _split(location)
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{key.rstrip('/')}/"
        )
        try:
            return [
                f"s3://{bucket}/{found['Key']}"
                for page in pages
                for found in page.get("Contents", [])
            ]
        except ClientError as error:
            raise QueryFailedError(f"HIVE_FILESYSTEM_ERROR: {error}") from error


def _split(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    return parts.netloc, parts.path.lstrip("/")
