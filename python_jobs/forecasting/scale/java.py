"""Find out at once whether Spark can start; the sample is long, and comes before it."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping

from python_jobs.platform.errors import PlatformError

OLDEST_JAVA = 17


def require_java(environment: Mapping[str, str] = os.environ) -> None:
    """Refuse a machine without a Java that Spark runs on.

    Parameters
    ----------
    environment
        Where Spark looks: ``JAVA_HOME``, else ``PATH``. Under ``spark-submit`` it runs
        already.

    Raises
    ------
    PlatformError
        If there is none, or it is too old.
    """
    if "PYSPARK_GATEWAY_PORT" in environment:
        return
    home = environment.get("JAVA_HOME")
    java = (
        f"{home}/bin/java"
        if home
        else shutil.which("java", path=environment.get("PATH", ""))
    )
    version = _version(java) if java else None
    if version is None or version < OLDEST_JAVA:
        found = f"{java} is Java {version}" if version else f"{java or 'PATH'} has none"
        raise PlatformError(
            f"Spark needs Java {OLDEST_JAVA} or newer: {found}"
            " → install one (Temurin 25) or point JAVA_HOME at it"
        )


def _version(java: str) -> int | None:
    try:
        told = subprocess.run(  # noqa: S603 - the one that Spark would start
            [java, "-version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    # up to Java 8 it says 1.8
    version = re.search(r'version "(?:1\.)?(\d+)', told.stderr)
    return int(version[1]) if version else None
