"""Trino's server is fetched once, and is never there by half."""

import subprocess
import sys
from pathlib import Path

import pytest
from athena_local import LocalAthenaError
from athena_local.trino_install import TRINO_VERSION, cache_folder, installed_trino
from fake_programs import maven, program, trino_archive

HOME = f"trino-server-{TRINO_VERSION}"


def _say_nothing(line: str) -> None:
    pass


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Make an archive like Trino's."""
    folder = tmp_path / "maven-central"
    folder.mkdir()
    return trino_archive(folder, version=TRINO_VERSION)


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, archive: Path) -> Path:
    """Put a Maven on the PATH that delivers the archive."""
    folder = tmp_path / "tools"
    maven(folder, archive)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def test_the_plugins_in_use_are_whole_and_the_others_gone(
    tmp_path: Path, tools: Path
) -> None:
    """Files that were hard links into a removed plugin are still there."""
    messages: list[str] = []
    home = installed_trino(tmp_path / "cache", say=messages.append)
    assert sorted(each.name for each in (home / "plugin").iterdir()) == [
        "hive",
        "iceberg",
    ]
    assert (home / "plugin" / "hive" / "shared.jar").read_text() == "shared"
    assert [line.split()[0] for line in messages] == ["fetching", "unpacking"]
    # nothing but the server and its lock is left
    left = {each.name for each in (tmp_path / "cache").iterdir()}
    assert left <= {HOME, f"{HOME}.lock"}


def test_a_second_start_fetches_nothing(tmp_path: Path, tools: Path) -> None:
    """One call of Maven, and no message."""
    installed_trino(tmp_path / "cache", say=_say_nothing)
    messages: list[str] = []
    installed_trino(tmp_path / "cache", say=messages.append)
    assert messages == []
    assert len((tools / "calls").read_text().splitlines()) == 1


def test_what_a_killed_start_left_is_not_used(tmp_path: Path, tools: Path) -> None:
    """It was unpacking beside the place where it is looked for."""
    cache = tmp_path / "cache"
    half = cache / "unpacking-killed" / HOME
    half.mkdir(parents=True)
    home = installed_trino(cache, say=_say_nothing)
    assert (home / "plugin" / "hive").is_dir()
    assert not half.exists()


def test_two_processes_at_once_fetch_it_once(tmp_path: Path, tools: Path) -> None:
    """The second one waits for the first, and finds it there."""
    command = (
        "import sys; from pathlib import Path;"
        f"sys.path.insert(0, {str(Path(__file__).parents[2])!r});"
        "from athena_local.trino_install import installed_trino;"
        f"installed_trino(Path({str(tmp_path / 'cache')!r}), say=print)"
    )
    starters = [subprocess.Popen([sys.executable, "-c", command]) for _ in range(2)]
    assert [starter.wait(timeout=60) for starter in starters] == [0, 0]
    assert len((tools / "calls").read_text().splitlines()) == 1


def test_without_maven_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And names what could be unpacked by hand."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LocalAthenaError, match="no mvn on the PATH → install Maven"):
        installed_trino(tmp_path / "cache", say=_say_nothing)


def test_a_failed_download_tells_what_maven_said(tmp_path: Path, tools: Path) -> None:
    """Its words, and that nothing is left behind."""
    program(tools / "mvn", "print('[ERROR] unknown host'); raise SystemExit(1)")
    with pytest.raises(LocalAthenaError) as refused:
        installed_trino(tmp_path / "cache", say=_say_nothing)
    assert f"io.trino:trino-server:{TRINO_VERSION}:tar.gz" in str(refused.value)
    assert "unknown host" in str(refused.value)
    assert not (tmp_path / "cache" / HOME).exists()


def test_a_damaged_archive_is_named(tmp_path: Path, archive: Path, tools: Path) -> None:
    """A download that was cut off is not a server."""
    archive.write_bytes(archive.read_bytes()[:200])
    with pytest.raises(LocalAthenaError, match=r"cannot be unpacked .* → delete"):
        installed_trino(tmp_path / "cache", say=_say_nothing)
    assert not (tmp_path / "cache" / HOME).exists()


def test_the_cache_is_outside_the_repository_and_can_be_moved(tmp_path: Path) -> None:
    """CAPACITY_TRINO_CACHE, else XDG_CACHE_HOME, else ~/.cache."""
    chosen = {"CAPACITY_TRINO_CACHE": str(tmp_path), "XDG_CACHE_HOME": "/elsewhere"}
    assert cache_folder(chosen) == tmp_path
    del chosen["CAPACITY_TRINO_CACHE"]
    assert cache_folder(chosen) == Path("/elsewhere/capacity-forecaster")
    assert cache_folder({}) == Path.home() / ".cache" / "capacity-forecaster"
