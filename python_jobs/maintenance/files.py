"""Files below a table's location, in a local folder or in S3: listed and deleted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from python_jobs.platform.errors import RunError
from python_jobs.platform.settings import Settings
from python_jobs.store.place import LAKE, local_path, refuse_outside


@dataclass(frozen=True)
class StoredFile:
    """A file: its bytes, and when it was written (UTC)."""

    size: int
    modified_at: datetime


def plain(path: str) -> str:
    """Return a path as this module lists it: no file://, and one name for S3."""
    path = local_path(path)
    for other in ("s3a://", "s3n://"):
        path = path.replace(other, "s3://", 1) if path.startswith(other) else path
    return path


def files_below(settings: Settings, location: str) -> dict[str, StoredFile]:
    """Return every file below a location by its full path."""
    folder = plain(location).rstrip("/")
    if folder.startswith("s3://"):
        return _objects_below(settings, folder)
    found = {}
    for path in Path(folder).rglob("*"):
        try:
            stat = path.stat()
        except FileNotFoundError:
            # a commit that failed cleans up behind itself
            continue
        if path.is_file():
            modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
            found[str(path)] = StoredFile(stat.st_size, modified_at)
    return found


def delete_files(settings: Settings, paths: Iterable[str]) -> None:
    """Delete files; one that is gone already is fine.

    Raises
    ------
    PlatformError
        If one is outside of a local warehouse; then none is deleted.
    RunError
        If S3 keeps some.
    """
    chosen = sorted(paths)
    if settings.target == "duckdb":
        for path in chosen:
            refuse_outside(path, lake=str(settings.warehouse.resolve() / LAKE))
    for path in chosen:
        if not path.startswith("s3://"):
            Path(path).unlink(missing_ok=True)
    _delete_objects(settings, [path for path in chosen if path.startswith("s3://")])


def total_bytes(files: Mapping[str, StoredFile]) -> int:
    """Return the sum of the files' bytes."""
    return sum(each.size for each in files.values())


def _objects_below(settings: Settings, folder: str) -> dict[str, StoredFile]:
    from python_jobs.platform.aws import client, place  # noqa: PLC0415 - slow import

    where = place(folder)
    pages = client(settings, "s3").get_paginator("list_objects_v2")
    return {
        f"s3://{where.bucket}/{each['Key']}": StoredFile(
            each["Size"], each["LastModified"]
        )
        for page in pages.paginate(Bucket=where.bucket, Prefix=where.prefix)
        for each in page.get("Contents", ())
    }


def _delete_objects(settings: Settings, paths: list[str]) -> None:
    from python_jobs.platform.aws import client  # noqa: PLC0415 - slow import

    by_bucket: dict[str, list[str]] = {}
    for path in paths:
        bucket, _, key = path.removeprefix("s3://").partition("/")
        by_bucket.setdefault(bucket, []).append(key)
    for bucket, keys in by_bucket.items():
        s3 = client(settings, "s3")
        # the most that one request takes
        for start in range(0, len(keys), 1000):
            wanted = [{"Key": key} for key in keys[start : start + 1000]]
            answer = s3.delete_objects(
                Bucket=bucket, Delete={"Objects": wanted, "Quiet": True}
            )
            for error in answer.get("Errors", ()):
                raise RunError(
                    f"s3://{bucket}/{error['Key']} was not deleted:"
                    f" {error['Code']} {error.get('Message', '')} → allow"
                    " s3:DeleteObject there, then run the same command again"
                )
