"""Which Java is taken: JAVA_HOME's, else the newest in the JVM folder."""

from pathlib import Path

import pytest
from athena_local import LocalAthenaError
from athena_local.java import find_java
from fake_programs import java_home


def test_java_home_is_taken_when_it_is_new_enough(tmp_path: Path) -> None:
    """Even when the JVM folder has a newer one."""
    java_home(tmp_path / "jvm" / "newer", version="26")
    named = java_home(tmp_path / "named", version="24.0.1")
    found = find_java(
        environment={"JAVA_HOME": str(named)}, jvm_folder=tmp_path / "jvm"
    )
    assert found == named


def test_an_old_java_home_is_passed_over(tmp_path: Path) -> None:
    """The newest of the folder is found, by number: 9 is older than 25."""
    old = java_home(tmp_path / "old", version="17.0.15")
    for version in ("9.0.1", "24", "25.0.3"):
        java_home(tmp_path / "jvm" / f"java-{version}", version=version)
    (tmp_path / "jvm" / "no-java").mkdir()
    found = find_java(environment={"JAVA_HOME": str(old)}, jvm_folder=tmp_path / "jvm")
    assert found == tmp_path / "jvm" / "java-25.0.3"


def test_without_a_new_java_the_message_names_what_is_there(tmp_path: Path) -> None:
    """What is needed, what was found, what to do."""
    old = java_home(tmp_path / "jvm" / "java-17", version="17.0.15")
    with pytest.raises(LocalAthenaError) as refused:
        find_java(environment={}, jvm_folder=tmp_path / "jvm")
    message = str(refused.value)
    assert "Java 24 or newer" in message
    assert f"{old} is Java 17" in message
    assert "JAVA_HOME" in message
    with pytest.raises(LocalAthenaError, match="no Java there"):
        find_java(environment={}, jvm_folder=tmp_path / "none")
