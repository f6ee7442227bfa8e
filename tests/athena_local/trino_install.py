"""Trino's server: from Maven Central, once, into a cache outside the repository."""

import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock

from athena_local.errors import LocalAthenaError

# The newest server on Maven Central that comes as one archive.
TRINO_VERSION = "476"
_ARTIFACT = f"io.trino:trino-server:{TRINO_VERSION}:tar.gz"
# The others of the 60 plugins are never used, and cost seconds of each start.
_PLUGINS = ("hive", "iceberg")

Say = Callable[[str], None]


def cache_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Trino is kept: CAPACITY_TRINO_CACHE, else the user's cache."""
    if given := environment.get("CAPACITY_TRINO_CACHE"):
        return Path(given).resolve()
    base = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "capacity-forecaster"


def installed_trino(cache: Path, *, say: Say) -> Path:
    """Return the folder of Trino's server, fetching and unpacking it when it is new.

    Safe to call from several processes at once, and to kill: a folder of this name is
    always whole.

    Parameters
    ----------
    cache
        Folder to keep it in.
    say
        Notified of the slow steps.

    Raises
    ------
    LocalAthenaError
        If there is no ``mvn``, or it cannot download, or the archive is damaged.
    """
    home = cache / f"trino-server-{TRINO_VERSION}"
    if home.is_dir():
        return home
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{home.name}.lock"):
        if not home.is_dir():
            for left in cache.glob("unpacking-*"):
                # by one that was killed
                shutil.rmtree(left, ignore_errors=True)
            # beside its last place, so that moving it there is one step
            with tempfile.TemporaryDirectory(dir=cache, prefix="unpacking-") as work:
                archive = _fetched(Path(work), say=say)
                say(f"unpacking Trino {TRINO_VERSION} into {cache}")
                unpacked = _unpack(archive, Path(work))
                unpacked.rename(home)
    return home


def _fetched(folder: Path, *, say: Say) -> Path:
    """Let Maven download the archive into its repository, and copy it here."""
    mvn = shutil.which("mvn")
    if mvn is None:
        raise LocalAthenaError(
            f"Trino's server is fetched by Maven, and there is no mvn on the PATH"
            f" → install Maven, or unpack {_ARTIFACT} in {folder.parent} yourself"
        )
    say(f"fetching Trino {TRINO_VERSION} by mvn: 0.8 GB, once")
    ended = subprocess.run(
        [
            *(mvn, "-q", "-B", "dependency:copy"),
            f"-Dartifact={_ARTIFACT}",
            f"-DoutputDirectory={folder}",
        ],
        # where no pom.xml is
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        lines = (ended.stdout + ended.stderr).strip().splitlines()[:5]
        raise LocalAthenaError(
            f"mvn could not fetch {_ARTIFACT} (exit code {ended.returncode})"
            " → look at the network and at ~/.m2/settings.xml; it said:\n  "
            + "\n  ".join(lines)
        )
    return folder / f"trino-server-{TRINO_VERSION}.tar.gz"


def _unpack(archive: Path, folder: Path) -> Path:
    """Unpack, remove the plugins that are not used, and return Trino's folder."""
    try:
        with tarfile.open(archive) as members:
            # all of them: many files are hard links into plugins that go afterwards
            members.extractall(folder, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise LocalAthenaError(
            f"{archive.name} from Maven's repository cannot be unpacked ({error})"
            " → delete it in ~/.m2/repository/io/trino/trino-server, then start again"
        ) from error
    home = folder / f"trino-server-{TRINO_VERSION}"
    for plugin in (home / "plugin").iterdir():
        if plugin.name not in _PLUGINS:
            shutil.rmtree(plugin)
    return home
