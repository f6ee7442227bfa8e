"""The project parsed by dbt once a run of the tests, for every warehouse they make."""

import fcntl
import hashlib
import os
import pprint
import shutil
import subprocess
import sysconfig
from functools import cache
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = "CAPACITY_FORECASTER_TESTS"
"""Environment variable: the folder of this run, the same for every worker."""

PARSE = "partial_parse.msgpack"
_EXAMPLE = PROJECT / "profiles.yml.example"


def give_parse(database: Path, target_path: Path | None = None) -> None:
    """Put the parse into a warehouse that has none, as if dbt had made it there.

    dbt takes it only where the profile is the one of the parse, and the path of the
    database is part of that: the copy holds the digest of this database's profile.
    """
    kept = (target_path or database.parent / "target") / PARSE
    if kept.exists() or (PROJECT / "profiles.yml").exists():
        return
    parsed, made_for = _parse()
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(parsed.replace(made_for, profile_digest(database)))


def profile_digest(database: Path) -> bytes:
    """Return what dbt keeps of a profile, to see whether another one parsed."""
    from dbt.adapters.duckdb.credentials import (  # noqa: PLC0415 - slow import
        DuckDBCredentials,
    )

    profile = yaml.safe_load(_EXAMPLE.read_text("utf-8"))["capacity_forecaster"]
    output = profile["outputs"]["duckdb"]
    output["path"] = str(database)
    fields = {name: value for name, value in output.items() if name != "type"}
    credentials = DuckDBCredentials.from_dict(fields)
    text = pprint.pformat(sorted(credentials.connection_info()))
    return hashlib.sha256(text.encode()).hexdigest().encode()


@cache
def _parse() -> tuple[bytes, bytes]:
    """Return the run's parse and the digest in it; the first to ask parses."""
    folder = Path(os.environ[FOLDER])
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / PARSE).exists():
            _dbt_parse(folder)
    parsed, digest = (
        (folder / PARSE).read_bytes(),
        profile_digest(folder / "capacity.duckdb"),
    )
    # the profile's, and nothing else
    assert parsed.count(digest) == 1, "dbt keeps another digest of the profile"
    return parsed, digest


def _dbt_parse(folder: Path) -> None:
    """Parse the project as `capacity` does: an open variable is another parse."""
    shutil.copy(_EXAMPLE, folder / "profiles.yml")
    dbt = Path(sysconfig.get_path("scripts")) / "dbt"
    places = ("--profiles-dir", "--target-path", "--log-path")
    command = [str(dbt), "--quiet", "parse", "--target", "duckdb"]
    variables = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CAPACITY_", "DBT_", "AWS_"))
    } | {
        "CAPACITY_WAREHOUSE": str(folder),
        "CAPACITY_AS_OF_DATE": "",
        "CAPACITY_REPROCESS_FROM": "",
    }
    ended = subprocess.run(
        [*command, *(each for place in places for each in (place, str(folder)))],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
