"""Whether Spark can start is known before anything is forecast."""

from pathlib import Path

import pytest

from python_jobs.forecasting.scale.__main__ import require_java
from python_jobs.platform.errors import PlatformError


def java_home(folder: Path, version: str) -> Path:
    """Put a Java there that says but its version, on stderr as Java does."""
    java = folder / "bin" / "java"
    java.parent.mkdir()
    java.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\" 2025' >&2\n")
    java.chmod(0o755)
    return folder


@pytest.mark.parametrize("version", ["17.0.15", "21", "25-ea"])
def test_new_enough_is_enough(tmp_path: Path, version: str) -> None:
    """Java 17 and what follows pass, by JAVA_HOME or by PATH."""
    home = java_home(tmp_path, version)
    require_java({"JAVA_HOME": str(home), "PATH": ""})
    require_java({"PATH": str(home / "bin")})


@pytest.mark.parametrize(
    ("version", "message"), [("11.0.2", "is Java 11"), ("1.8.0_412", "is Java 8")]
)
def test_an_old_java_is_refused(tmp_path: Path, version: str, message: str) -> None:
    """The message says which Java was found where, even with a newer one on PATH."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, each in ((old, version), (new, "25")):
        folder.mkdir()
        java_home(folder, each)
    with pytest.raises(PlatformError, match=f"{old}/bin/java {message} → install"):
        require_java({"JAVA_HOME": str(old), "PATH": str(new / "bin")})


def test_no_java_is_refused(tmp_path: Path) -> None:
    """Nothing on PATH, or nothing in JAVA_HOME: either ends it at once."""
    for environment in ({}, {"PATH": str(tmp_path)}, {"JAVA_HOME": str(tmp_path)}):
        with pytest.raises(PlatformError, match="Spark needs Java 17 or newer"):
            require_java(environment)


def test_spark_submit_has_a_java_already() -> None:
    """The driver of `spark-submit` is a child of the Java that runs Spark."""
    require_java({"PYSPARK_GATEWAY_PORT": "25333"})
