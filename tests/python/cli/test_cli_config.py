"""Mistakes in the configuration file, each reported with its line and key."""

from pathlib import Path

import pytest
import yaml
from capacity_process import Capacity

from python_jobs.cli.config import Config, load_config
from python_jobs.platform.errors import InputError


def test_without_a_file_every_default_holds() -> None:
    """No file is needed to run."""
    assert load_config(None) == Config()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    """A file of comments alone changes nothing."""
    path = tmp_path / "capacity.yml"
    path.write_text("# nothing yet\n")
    assert load_config(path) == Config()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("generatr: {}", ":1 generatr is no known key → use one of: generator, jobs"),
        ("jobs:\n  cluster_cont: 4", ":2 jobs.cluster_cont is no known key → use one"),
        ("jobs:\n  cluster_count: 1", ":2 jobs.cluster_count 1: Input should be"),
        ("jobs:\n  cluster_count: many", ":2 jobs.cluster_count 'many': Input should"),
        ("jobs: {}\njobs: {}", ":2 jobs is there twice, first on line 1 → keep one"),
        (
            "jobs:\n  fit_days: 364\n  fit_days: 728",
            ":3 jobs.fit_days is there twice, first on line 2",
        ),
        ("- jobs", ":1 found a list, expected sections generator, loader, jobs"),
        ("just text", ":1 found a str, expected sections"),
        ("jobs: [", "no valid YAML"),
        ("jobs: !!python/object:os.system {}", "no valid YAML"),
    ],
)
def test_a_mistake_names_its_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    """The message begins with file and line, and ends with what to do."""
    path = tmp_path / "capacity.yml"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        load_config(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert said in message
    assert "→" in message


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    """One line each, so that nobody corrects a file five times."""
    path = tmp_path / "capacity.yml"
    path.write_text("jobs:\n  cluster_count: 1\n  fit_days: 3\n")
    with pytest.raises(InputError) as caught:
        load_config(path)
    lines = str(caught.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"{path}:2", f"{path}:3"]


def test_no_text_is_refused_by_its_bytes(tmp_path: Path) -> None:
    """A binary file is no configuration."""
    path = tmp_path / "capacity.yml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read as UTF-8"):
        load_config(path)


def test_the_printed_configuration_reads_back(
    capacity: Capacity, tmp_path: Path
) -> None:
    """`capacity config` prints a complete file that gives the same configuration."""
    ended = capacity("config")
    assert ended.returncode == 0, ended.stderr
    path = tmp_path / "all.yml"
    path.write_text(ended.stdout)
    assert set(yaml.safe_load(ended.stdout)) == {"generator", "loader", "jobs"}
    assert load_config(path) == Config()
    assert capacity("config", "--config", path).stdout == ended.stdout
