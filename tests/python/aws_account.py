"""An AWS account for tests, as moto plays it: its bucket and its clients."""

from typing import Any

import boto3

BUCKET = "lake"
VARIABLES = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "CAPACITY_TARGET": "athena",
    "CAPACITY_S3_WAREHOUSE": f"s3://{BUCKET}/lake/",
    "CAPACITY_S3_DATA": f"s3://{BUCKET}/dbt/",
    "CAPACITY_S3_STAGING": f"s3://{BUCKET}/athena-results/",
}


def aws(service: str, url: str) -> Any:
    """Return a client of the account."""
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106 - moto takes any
    )
