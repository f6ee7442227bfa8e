"""DuckDB's file, built beside and then swapped: readers see the last green build.

A build writes ``capacity.build.duckdb``. It begins as a copy of ``capacity.duckdb``,
for days are merged into what is there; what a killed build left is thrown away. At the
end of a green build one rename puts it in that file's place: who has it open keeps the
build that he opened, who opens it then has the new one, whole. On Athena tables are
replaced one by one.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from python_jobs.cli.session import Session
from python_jobs.platform.errors import PlatformError
from python_jobs.platform.settings import Settings

_COPIED_BYTES = 16 * 2**20
_SECONDS_FOR_A_WRITER = 60.0
"""How long the end of a build waits for another program's writing to the file."""


@contextmanager
def building(session: Session) -> Iterator[Session]:
    """Yield the session of a build, which readers see when its body has ended well.

    The command must hold the warehouse's lock.

    Raises
    ------
    PlatformError
        If another program writes to the file that readers see, or the disk is full.
    """
    if session.settings.target == "athena":
        with session.dbt.ready():
            yield session
        return
    draft = replace(session.settings, is_building=True)
    _check_profile(draft)
    _begin(draft.database, published=session.settings.database)
    work = replace(session, settings=draft)
    with work.dbt.ready():
        yield work
    publish(draft.database, session.settings.database)


def publish(draft: Path, published: Path) -> None:
    """Put a database in the place of the one that readers see, by one rename.

    Parameters
    ----------
    draft
        File that nobody has open; it is gone afterwards.
    published
        File that readers open, or nothing yet.

    Raises
    ------
    PlatformError
        If another program still writes to the published one after a minute.
    """
    import duckdb  # noqa: PLC0415 - slow import

    with duckdb.connect(str(draft)) as connection:
        connection.execute("checkpoint")
    if published.exists():
        # who may read the one may read the other
        shutil.copymode(published, draft)
    with _without_writer(published, seconds=_SECONDS_FOR_A_WRITER):
        # that of a killed writer belongs to the file that goes, and would be refused
        _log(published).unlink(missing_ok=True)
        draft.replace(published)
    folder = os.open(published.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _begin(draft: Path, *, published: Path) -> None:
    """Make the file that the build writes: a copy of the green one, or none yet."""
    for left in (draft, _log(draft)):
        left.unlink(missing_ok=True)
    shutil.rmtree(_spill(draft), ignore_errors=True)
    with _without_writer(published, seconds=0.0) as source:
        if source is None:
            return
        try:
            _copy(source, draft)
            if _log(published).exists():
                # a writer was killed; what it had committed is replayed from here
                shutil.copyfile(_log(published), _log(draft))
        except OSError as error:
            draft.unlink(missing_ok=True)
            size = os.fstat(source).st_size / 1e6
            raise PlatformError(
                f"{draft}: {error.strerror or error} → a build needs {size:.0f} MB for"
                f" a copy of {published.name}: free some"
            ) from None


def _copy(source: int, target: Path) -> None:
    """Copy an open file: to open it again would end the lock on it."""
    with (
        open(source, "rb", buffering=0, closefd=False) as reading,
        target.open("xb") as writing,
    ):
        shutil.copyfileobj(reading, writing, _COPIED_BYTES)


@contextmanager
def _without_writer(path: Path, *, seconds: float) -> Iterator[int | None]:
    """Keep writers of a database out, but no reader; yield its descriptor, if any.

    DuckDB locks a whole file by ``fcntl``, which ends with the first close of the file
    in this process: nothing here may open it a second time.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        _wait_for_writer(descriptor, path, until=time.monotonic() + seconds)
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for_writer(descriptor: int, path: Path, *, until: float) -> None:
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= until:
                raise PlatformError(
                    f"{path} is open for writing in another program → close it there,"
                    " or open it read-only, then run the same command again"
                ) from None
            time.sleep(0.5)
        else:
            return


def _check_profile(draft: Settings) -> None:
    """Refuse a profile of one's own that builds in the file that readers see."""
    path = draft.project_dir / "profiles.yml"
    if path.exists() and "CAPACITY_DATABASE" not in path.read_text("utf-8"):
        raise PlatformError(
            f"{path} does not name the file to build, {draft.database.name} → give its"
            " target duckdb the `path` of profiles.yml.example"
        )


def _log(database: Path) -> Path:
    """Return the write-ahead log beside a database."""
    return database.with_name(f"{database.name}.wal")


def _spill(database: Path) -> Path:
    """Return the folder in which DuckDB keeps what its memory limit leaves no room for.

    It removes the folder itself, unless it is killed.
    """
    return database.with_name(f"{database.name}.tmp")
