"""Mistakes in the configuration file, each reported with its line and key."""

import os
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


LAUGHS = "a0: &a0 [1]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
)


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
        ("jobs: [", ":1 no valid YAML"),
        (
            "generator:\n  first_date: 2025-02-30",
            ":2 generator.first_date '2025-02-30': looks like a YAML date, and is none",
        ),
        ("jobs:\n  fit_days: " + "9" * 5000, ":2 jobs.fit_days '9999"),
        ("jobs:\n  fit_days: 0x" + "f" * 5000, ":2 jobs.fit_days of very many digits"),
        ("jobs:\n  candidates: !!timestamp x", ":2 jobs.candidates 'x': looks like"),
        ("jobs:\n  candidates: !!bool x", ":2 jobs.candidates 'x': looks like a YAML"),
        ("jobs:\n  " + "[" * 500 + "]" * 500, ":2 is nested more than 20 levels"),
        ("jobs: &a\n  candidates: [*a]", ":2 *a refers to what it stands in"),
        ("jobs: &a [*a]", ":1 *a refers to what it stands in"),
        (LAUGHS, "stands for more than 100,000 values by its aliases"),
        ("generator:\n  regions:\n    1: 1", ":3 key 1 is no text → put it in quotes"),
        ("generator:\n  regions:\n    no: 1", ":3 key no is no text → put it in"),
        ("? [1]\n: 2", ":1 key of many values is no text"),
        ("jobs:\n  cluster_count: true", ":2 jobs.cluster_count True: is yes or no"),
        ("generator:\n  server_count: yes", ":2 generator.server_count True: is yes"),
        ("generator:\n  network_mbps: [on, 9]", ":2 generator.network_mbps [True, 9]"),
        ("generator:\n  regions: {a: yes}", ":2 generator.regions: is yes or no"),
        (
            "generator:\n  first_date: 0001-01-01",
            ":2 generator.first_date datetime.dat",
        ),
        (
            "generator:\n  last_date: 9999-12-31",
            ":2 generator.last_date datetime.date(",
        ),
        ("loader:\n  earliest_date: 0001-01-01", ":2 loader.earliest_date datetime.d"),
        ("loader:\n  max_network_mbps: .inf", ":2 loader.max_network_mbps inf: Input"),
        ("loader:\n  max_compression_ratio: .inf", ":2 loader.max_compression_ratio i"),
        ("loader:\n  max_rejected_ratio: .nan", ":2 loader.max_rejected_ratio nan: In"),
        ("loader:\n  max_future_days: 9999999", ":2 loader.max_future_days 9999999: I"),
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


@pytest.mark.parametrize("text", ["~", "", "---\n...", "null"])
def test_nothing_is_the_defaults(tmp_path: Path, text: str) -> None:
    """Whatever way it is written."""
    path = tmp_path / "capacity.yml"
    path.write_text(text)
    assert load_config(path) == Config()


def test_anchors_and_switches_are_read(tmp_path: Path) -> None:
    """What is refused of YAML is what stands for nothing."""
    path = tmp_path / "capacity.yml"
    path.write_text(
        "generator:\n  first_date: &day 2025-02-28\n  last_date: *day\n"
        "  switches: &all {eoq: no}\n  hourly: {<<: {peak_hour: 3}}\n"
    )
    generator = load_config(path).generator
    assert generator.first_date == generator.last_date
    assert not generator.switches.eoq
    assert generator.hourly.peak_hour == 3


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "large"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    """A pipe that nobody writes to would be waited for, a device has no end."""
    path = tmp_path / "capacity.yml"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "large":
        path.write_text("#" * 1_000_001)
    else:
        path = Path("/dev/zero")
    with pytest.raises(InputError, match=f"{path} (is no file|has 1,000,001 bytes).*→"):
        load_config(path)


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
