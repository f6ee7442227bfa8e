"""The record of the last green build, so that the next reprocesses only what is late.

On DuckDB the table ``marts.builds`` of the file that it is about, so that readers see
which build they read. On Athena a file in the warehouse folder, written after a green
build and removed before the next one begins: a killed build leaves none. Without a
record everything is merged again, which is slower and always right.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from python_jobs.cli.engine import has_relation, read_rows, relation
from python_jobs.platform.errors import UsageError
from python_jobs.platform.settings import Settings

_FOLDERS = ("models", "macros", "seeds")

# a build of a selection, or of no rows, has no hashes: the next one cannot go by it
_TABLE = """
create schema if not exists marts;
create or replace table marts.builds as
select
    $as_of_date::date as as_of_date,
    $finished_at::timestamp as finished_at,
    $selection::varchar as dbt_selection,
    $run_ids::varchar[] as run_ids,
    $load_ids::varchar[] as load_ids,
    $project_hash::varchar as project_hash,
    $sizes_hash::varchar as sizes_hash
"""

_READ = """
select
    as_of_date::varchar as as_of_date,
    strftime(finished_at, '%Y-%m-%dT%H:%M:%S+00:00') as finished_at,
    load_ids,
    project_hash,
    sizes_hash
from marts.builds
where project_hash is not null
"""


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
    """Return the last green build; None when there is none or its record is damaged."""
    try:
        if settings.target == "duckdb":
            if not has_relation(settings, "marts", "builds"):
                return None
            (content,) = read_rows(settings, _READ)
        else:
            content = json.loads(_path(settings).read_text("utf-8"))
        return LastBuild(**content | {"load_ids": tuple(content["load_ids"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def forget_last_build(settings: Settings) -> None:
    """Remove Athena's record: from here on its tables may be in the middle of a build.

    On DuckDB readers, and the record with them, stay with the last green build.
    """
    if settings.target == "athena":
        _path(settings).unlink(missing_ok=True)


def record_build(
    settings: Settings, build: LastBuild, *, run_ids: Sequence[str] = ()
) -> None:
    """Write down a green build; on DuckDB with the published runs that it shows."""
    if settings.target == "duckdb":
        row = asdict(build) | {"load_ids": list(build.load_ids)}
        _write_row(settings, row | {"selection": None, "run_ids": list(run_ids)})
        return
    path = _path(settings)
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(asdict(build), indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def record_part(
    settings: Settings,
    *,
    as_of_date: date | None,
    selection: str | None,
    run_ids: Sequence[str] = (),
) -> None:
    """Write down a green build of a selection, or of tables without a row.

    The next build goes by none: it merges everything.
    """
    if settings.target == "athena":
        return
    row = dict.fromkeys(("load_ids", "project_hash", "sizes_hash"))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    day = as_of_date.isoformat() if as_of_date else None
    given = {"as_of_date": day, "selection": selection, "run_ids": list(run_ids)}
    _write_row(settings, row | given | {"finished_at": now})


def built_date(settings: Settings) -> date | None:
    """Return the as-of date of the last build; None when there is none."""
    if not has_relation(settings, "intermediate", "int_as_of_dates"):
        return None
    table = relation(settings, "intermediate", "int_as_of_dates")
    found = read_rows(settings, f"select as_of_date from {table}")  # noqa: S608
    return found[0]["as_of_date"] if found else None


def refuse_another_date(what: str, *, built: date | None, asked: date) -> None:
    """Refuse to take what looks from one date for what looks from another.

    Raises
    ------
    UsageError
        If it is not built, or for another date than asked.
    """
    if built != asked:
        said = "have not been built" if built is None else f"look from {built}"
        raise UsageError(
            f"the {what} {said}, not from {asked}"
            f" → `capacity build --as-of {asked}` first"
        )


def project_hash(project_dir: Path, *more: str) -> str:
    """Return a hash over the files that decide what dbt builds, and of more folders."""
    digest = hashlib.sha256()
    files = [project_dir / "dbt_project.yml"]
    for folder in (*_FOLDERS, *more):
        files += sorted((project_dir / folder).rglob("*.*"))
    for path in files:
        if path.is_file() and path.suffix in (".sql", ".yml", ".csv"):
            digest.update(path.relative_to(project_dir).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _write_row(settings: Settings, row: dict[str, object]) -> None:
    import duckdb  # noqa: PLC0415 - slow import

    with duckdb.connect(str(settings.database)) as connection:
        *schema, table = _TABLE.split(";")
        connection.execute(schema[0])
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(table, row)


def _path(settings: Settings) -> Path:
    return settings.warehouse / f"last_build_{settings.target}.json"
