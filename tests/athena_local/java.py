"""Find a Java that Trino runs on."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from athena_local.errors import LocalAthenaError

OLDEST_JAVA = 24
JVM_FOLDER = Path("/usr/lib/jvm")


def find_java(
    *, environment: Mapping[str, str] = os.environ, jvm_folder: Path = JVM_FOLDER
) -> Path:
    """Return the home of a Java that is new enough: JAVA_HOME, else the newest found.

    Parameters
    ----------
    environment
        Where ``JAVA_HOME`` is looked up.
    jvm_folder
        Folder with one Java a sub-folder.

    Raises
    ------
    LocalAthenaError
        If there is none; the message names those that are too old.
    """
    found = dict(_versions(environment, jvm_folder))
    named = environment.get("JAVA_HOME")
    if named and found.get(Path(named), 0) >= OLDEST_JAVA:
        return Path(named)
    newest = max(found, key=lambda home: (found[home], str(home)), default=None)
    if newest is None or found[newest] < OLDEST_JAVA:
        seen = ", ".join(f"{home} is Java {found[home]}" for home in sorted(found))
        raise LocalAthenaError(
            f"Trino needs Java {OLDEST_JAVA} or newer, looked for in JAVA_HOME and"
            f" {jvm_folder}/*: {seen or 'no Java there'}"
            " → install one (Temurin 25) or point JAVA_HOME at it"
        )
    return newest


def _versions(
    environment: Mapping[str, str], jvm_folder: Path
) -> Iterator[tuple[Path, int]]:
    """Yield each Java's home and major version, as its release file says."""
    homes = sorted(jvm_folder.glob("*"))
    if named := environment.get("JAVA_HOME"):
        homes.append(Path(named))
    for home in homes:
        release = home / "release"
        if release.is_file() and (home / "bin" / "java").is_file():
            version = re.search(r'^JAVA_VERSION="(\d+)', release.read_text(), re.M)
            if version is not None:
                yield home, int(version[1])
