"""What `capacity doctor` asks AWS: who we are, and whether each service lets us in."""

import uuid
from collections.abc import Callable
from typing import Any

from python_jobs.platform.aws import client, place, session
from python_jobs.platform.aws_errors import about
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings

_ENGINE = "Athena engine version 3"
_PROBE = b"written by capacity doctor; may be deleted\n"


def aws_checks() -> dict[str, Callable[[Settings], str]]:
    """Return the checks of the athena target by their subject, in a useful order."""
    return {
        "credentials": _credentials,
        "region": _region,
        "s3 raw and ml": lambda settings: _folder(
            settings, settings.s3_warehouse, "CAPACITY_S3_WAREHOUSE"
        ),
        "s3 dbt": lambda settings: _folder(
            settings, settings.s3_data, "CAPACITY_S3_DATA"
        ),
        "s3 results": lambda settings: _folder(
            settings, settings.s3_staging, "CAPACITY_S3_STAGING"
        ),
        "glue": _glue,
        "workgroup": _work_group,
    }


def _credentials(settings: Settings) -> str:
    """Ask STS who we are: keys that are found may have expired."""
    found = session(settings).get_credentials()
    identity = client(settings, "sts").get_caller_identity()
    return f"{identity['Arn']} ({found.method if found else 'unknown'})"


def _region(settings: Settings) -> str:
    addresses = {settings.endpoint_url, *settings.service_endpoints.values()}
    endpoints = ", ".join(sorted(each for each in addresses if each))
    if endpoints:
        return f"{settings.region}, but {endpoints} stands in for AWS"
    return settings.region


def _folder(settings: Settings, address: str, variable: str) -> str:
    """Write, list, read and delete an object."""
    folder = place(address, variable=variable)
    s3 = client(settings, "s3")
    name = f"{folder.prefix}capacity-doctor-{uuid.uuid4().hex}"
    target = {"Bucket": folder.bucket, "Key": name}
    with about(f"bucket {folder.bucket}"):
        s3.put_object(**target, Body=_PROBE)
        try:
            s3.list_objects_v2(Bucket=folder.bucket, Prefix=name, MaxKeys=1)
            read: bytes = s3.get_object(**target)["Body"].read()
        finally:
            s3.delete_object(**target)
    if read != _PROBE:
        raise PlatformError(f"{folder} gave back other bytes → check what it is")
    return f"{folder} can be written, listed, read and deleted"


def _glue(settings: Settings) -> str:
    prefix = f"{settings.schema_prefix}_"
    pages = client(settings, "glue").get_paginator("get_databases").paginate()
    names = [each["Name"] for page in pages for each in page["DatabaseList"]]
    own = sorted(name for name in names if name.startswith(prefix))
    if not own:
        return f"no database {prefix}* yet: `capacity run` makes them"
    return f"{len(own)} databases {prefix}*"


def _work_group(settings: Settings) -> str:
    """Check that the workgroup exists, is enabled, and runs the engine we write for."""
    name = settings.work_group
    with about(f"workgroup {name}"):
        found = client(settings, "athena").get_work_group(WorkGroup=name)
        found = found.get("WorkGroup", {})
    if not found:
        raise PlatformError(f"{name} does not exist → correct CAPACITY_WORK_GROUP")
    if found.get("State") == "DISABLED":
        raise PlatformError(f"{name} is disabled → enable it, or use another")
    configuration: dict[str, Any] = found.get("Configuration", {})
    engine = configuration.get("EngineVersion", {}).get("EffectiveEngineVersion")
    if engine is not None and engine != _ENGINE:
        raise PlatformError(f"{name} runs {engine} → set it to {_ENGINE}")
    results = configuration.get("ResultConfiguration", {}).get("OutputLocation")
    is_enforced = bool(configuration.get("EnforceWorkGroupConfiguration"))
    place_of_results = results if results and is_enforced else settings.s3_staging
    limit = configuration.get("BytesScannedCutoffPerQuery")
    cut_off = f"cut-off {limit / 1e9:,.1f} GB a query" if limit else "no cut-off"
    known = engine or "engine unknown"
    return f"{name}: {known}, results in {place_of_results}, {cut_off}"
