"""Connections to Athena: one set of credentials, workgroup and place of results."""

from typing import Any

from pyathena import connect

from python_jobs.platform.aws import session
from python_jobs.platform.settings import Settings


def connection(settings: Settings) -> Any:
    """Return a PyAthena connection, to be closed by its ``with`` block."""
    return connect(
        s3_staging_dir=settings.s3_staging,
        region_name=settings.region,
        work_group=settings.work_group,
        session=session(settings),
        endpoint_url=settings.endpoint("athena"),
    )
