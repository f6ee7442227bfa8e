"""The record of the last green build, so that the next reprocesses only what is late.

A file in the warehouse folder, written after a green build and removed before the next
one begins: a build that was killed leaves none, and without it everything is merged
again, which is slower and always right.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from python_jobs.platform.settings import Settings

_FOLDERS = ("models", "macros", "seeds")


@dataclass(frozen=True)
class LastBuild:
    """The last green build of a warehouse.

    Attributes
    ----------
    as_of_date
        Date it looked from, ISO.
    load_ids
        Loads that were there when it began.
    project_hash
        Hash of the dbt project's files.
    sizes_hash
        Hash of the servers' sizes, service dates and calendars.
    finished_at
        UTC time of its end, ISO.
    """

    as_of_date: str
    load_ids: tuple[str, ...]
    project_hash: str
    sizes_hash: str
    finished_at: str


def read_last_build(settings: Settings) -> LastBuild | None:
    """Return the last green build; None when there is none or its file is damaged."""
    try:
        content = json.loads(_path(settings).read_text("utf-8"))
        return LastBuild(**content | {"load_ids": tuple(content["load_ids"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_last_build(settings: Settings) -> None:
    """Remove the record: from here on the tables may be in the middle of a build."""
    _path(settings).unlink(missing_ok=True)


def record_build(settings: Settings, build: LastBuild) -> None:
    """Write down a green build."""
    path = _path(settings)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(build), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def project_hash(project_dir: Path) -> str:
    """Return a hash over the files that decide what dbt builds."""
    digest = hashlib.sha256()
    files = [project_dir / "dbt_project.yml"]
    for folder in _FOLDERS:
        files += sorted((project_dir / folder).rglob("*.*"))
    for path in files:
        if path.is_file() and path.suffix in (".sql", ".yml", ".csv"):
            digest.update(path.relative_to(project_dir).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _path(settings: Settings) -> Path:
    return settings.warehouse / f"last_build_{settings.target}.json"
