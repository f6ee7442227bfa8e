"""Where things are: read from the environment once, then passed on."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from python_jobs.platform.errors import UsageError
from python_jobs.platform.memory import VARIABLE, memory_limit_mb

Target = Literal["duckdb", "athena"]


def _project_dir() -> Path:
    """Return the folder that holds dbt_project.yml: the checkout this code is in."""
    return Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Settings:
    """Locations and the target of one command.

    Attributes
    ----------
    target
        Engine that dbt runs on: ``duckdb`` (local Iceberg) or ``athena`` (Glue, S3).
    warehouse
        Folder of all local state.
    project_dir
        Folder of ``dbt_project.yml``.
    schema_prefix, s3_warehouse, s3_data, s3_staging, work_group, region
        Athena only: prefix of the Glue databases, root of the raw and ml tables, of
        dbt's tables, of Athena's results, the workgroup, the region.
    accepts_clock
        Whether to write a local table whose last write lies ahead of the clock.
    endpoint_url, service_endpoints
        Athena only: address of a server that stands in for AWS, and those of single
        services by name; None and empty: AWS itself.
    memory_limit_mb
        DuckDB only: MB of memory that it uses before it spills to disk.
    is_building
        DuckDB only: whether the database is the file that a build writes, not the one
        that readers see.
    """

    target: Target = "duckdb"
    warehouse: Path = field(default_factory=lambda: Path("warehouse"))
    project_dir: Path = field(default_factory=_project_dir)
    schema_prefix: str = "capacity"
    s3_warehouse: str = "s3://capacity-forecaster/lake/"
    s3_data: str = "s3://capacity-forecaster/dbt/"
    s3_staging: str = "s3://capacity-forecaster/athena-results/"
    work_group: str = "primary"
    region: str = "us-east-1"
    accepts_clock: bool = field(default=False, compare=False)
    endpoint_url: str | None = None
    service_endpoints: Mapping[str, str] = field(default_factory=dict, hash=False)
    memory_limit_mb: int = field(
        default_factory=lambda: memory_limit_mb(None), compare=False
    )
    is_building: bool = False

    @property
    def database(self) -> Path:
        """The DuckDB file; under both names it is the catalog ``capacity``."""
        name = "capacity.build.duckdb" if self.is_building else "capacity.duckdb"
        return self.warehouse / name

    def endpoint(self, service: str) -> str | None:
        """Return the address that stands in for a service; None: AWS itself."""
        return self.service_endpoints.get(service, self.endpoint_url)

    @classmethod
    def from_environment(cls, *, target: str | None = None) -> "Settings":
        """Read the settings; `target` overrides ``CAPACITY_TARGET``.

        Raises
        ------
        UsageError
            If the target is neither ``duckdb`` nor ``athena``, or the memory limit no
            number.
        """
        chosen = target or os.environ.get("CAPACITY_TARGET", "duckdb")
        if chosen not in ("duckdb", "athena"):
            raise UsageError(
                f"target '{chosen}' does not exist → use duckdb or athena"
                " (--target or CAPACITY_TARGET)"
            )
        project = _project_dir()
        get = os.environ.get
        folder = get("CAPACITY_WAREHOUSE", str(project / "warehouse"))
        return cls(
            target=cast(Target, chosen),
            warehouse=Path(folder).resolve(),
            project_dir=project,
            schema_prefix=get("CAPACITY_SCHEMA_PREFIX", cls.schema_prefix),
            s3_warehouse=get("CAPACITY_S3_WAREHOUSE", cls.s3_warehouse),
            s3_data=get("CAPACITY_S3_DATA", cls.s3_data),
            s3_staging=get("CAPACITY_S3_STAGING", cls.s3_staging),
            work_group=get("CAPACITY_WORK_GROUP", cls.work_group),
            region=_region(chosen) or cls.region,
            memory_limit_mb=memory_limit_mb(get(VARIABLE)),
            endpoint_url=get("AWS_ENDPOINT_URL"),
            service_endpoints=_service_endpoints(),
        )


def _region(target: str) -> str | None:
    """Return the region of the environment, else the one of the AWS profile."""
    given = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if given or target != "athena":
        return given
    from botocore.exceptions import ProfileNotFound  # noqa: PLC0415 - slow import
    from botocore.session import Session  # noqa: PLC0415

    try:
        return cast("str | None", Session().get_config_variable("region"))
    except ProfileNotFound:
        # reported when the credentials are asked for
        return None


def _service_endpoints() -> dict[str, str]:
    """Return the addresses in ``AWS_ENDPOINT_URL_<SERVICE>`` by service."""
    prefix = "AWS_ENDPOINT_URL_"
    return {
        name.removeprefix(prefix).lower(): value
        for name, value in os.environ.items()
        if name.startswith(prefix)
    }
